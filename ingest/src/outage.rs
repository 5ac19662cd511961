//! Many cameras lost together are one event: a recorder, a switch or a power line, not so many cameras.

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};

use crate::camera::CameraId;

/// Cameras that were lost within this time of each other were lost together.
const TOGETHER: SignedDuration = SignedDuration::from_secs(60);
/// So many cameras of one host, or of one subnet, make an event.
const CAMERAS_MIN: usize = 4;
/// And at least so large a part of those it has, in percent.
const SHARE_MIN: usize = 80;

/// Many cameras that were lost together.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Outage {
    /// What they have in common.
    pub scope: OutageScope,
    /// Which, sorted.
    pub cameras: Vec<CameraId>,
    /// How many cameras there are in that scope.
    pub of: usize,
    /// When the first of them was lost.
    pub since: Timestamp,
}

/// What cameras that were lost together have in common.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum OutageScope {
    /// One host, such as a recorder with many channels.
    Host(String),
    /// One subnet with several hosts: the first 24 bits of an IPv4 address, the first 64 of an IPv6 address.
    Subnet(String),
}

/// A camera as this module looks at it.
pub(crate) struct Member {
    pub(crate) camera: CameraId,
    /// The host of its address.
    pub(crate) host: String,
    /// Since when it is lost; nothing while it is not.
    pub(crate) lost_since: Option<Timestamp>,
}

/// The outages there are, subnets first. A camera is in one of them at most, and the larger scope has it.
pub(crate) fn outages(members: &[Member]) -> Vec<Outage> {
    let mut hosts: BTreeMap<&str, Vec<&Member>> = BTreeMap::new();
    let mut subnets: BTreeMap<String, Vec<&Member>> = BTreeMap::new();
    for member in members {
        hosts.entry(&member.host).or_default().push(member);
        if let Some(subnet) = subnet(&member.host) {
            subnets.entry(subnet).or_default().push(member);
        }
    }
    let several_hosts = |members: &[&Member]| members.iter().any(|member| member.host != members[0].host);
    let mut outages: Vec<Outage> = subnets
        .into_iter()
        .filter(|(_, members)| several_hosts(members))
        .filter_map(|(subnet, members)| lost_together(OutageScope::Subnet(subnet), &members))
        .collect();
    for (host, members) in hosts {
        let outage = lost_together(OutageScope::Host(host.to_owned()), &members);
        let told = |outage: &Outage| {
            outages.iter().any(|subnet| subnet.cameras.binary_search(&outage.cameras[0]).is_ok())
        };
        outages.extend(outage.filter(|outage| !told(outage)));
    }
    outages
}

fn lost_together(scope: OutageScope, members: &[&Member]) -> Option<Outage> {
    let mut lost: Vec<(Timestamp, &CameraId)> =
        members.iter().filter_map(|member| Some((member.lost_since?, &member.camera))).collect();
    lost.sort_unstable();
    // The most that lie within `TOGETHER`.
    let within = |from: usize| {
        let end = lost[from].0 + TOGETHER;
        from..from + lost[from..].partition_point(|(since, _)| *since <= end)
    };
    let together = (0..lost.len()).map(within).max_by_key(|range| range.len())?;
    let together = &lost[together];
    if together.len() < CAMERAS_MIN || together.len() * 100 < members.len() * SHARE_MIN {
        return None;
    }
    let mut cameras: Vec<CameraId> = together.iter().map(|(_, camera)| (*camera).clone()).collect();
    cameras.sort_unstable();
    Some(Outage { scope, cameras, of: members.len(), since: together[0].0 })
}

/// The subnet of a host that is given as an address; nothing for a name.
fn subnet(host: &str) -> Option<String> {
    match host.trim_matches(['[', ']']).parse().ok()? {
        std::net::IpAddr::V4(address) => {
            let [a, b, c, _] = address.octets();
            Some(format!("{a}.{b}.{c}.0/24"))
        }
        std::net::IpAddr::V6(address) => {
            let mut segments = address.segments();
            segments[4..].fill(0);
            Some(format!("{}/64", std::net::Ipv6Addr::from(segments)))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn member(host: &str, n: usize, lost_s: Option<i64>) -> Member {
        Member {
            camera: CameraId::new(&format!(
                "{}-{n:02}",
                host.replace([':', '[', ']'], "-").trim_matches('-')
            ))
            .unwrap(),
            host: host.to_owned(),
            lost_since: lost_s.map(|s| Timestamp::UNIX_EPOCH + SignedDuration::from_secs(s)),
        }
    }

    #[test]
    fn a_recorder_that_goes_is_one_event_with_the_list() {
        let mut members: Vec<_> = (0..16).map(|n| member("10.0.0.7", n, Some(100 + n as i64))).collect();
        members.extend((0..16).map(|n| member("10.0.0.8", n, None)));
        let [outage] = outages(&members).try_into().unwrap();
        assert_eq!(outage.scope, OutageScope::Host("10.0.0.7".to_owned()));
        assert_eq!((outage.cameras.len(), outage.of, outage.since.as_second()), (16, 16, 100));
        assert_eq!(outage.cameras[3].as_str(), "10.0.0.7-03");
    }

    #[test]
    fn a_switch_that_goes_is_one_event_and_not_one_for_each_host() {
        let members: Vec<_> = (0..30).map(|n| member(&format!("10.0.3.{}", n / 10), n, Some(50))).collect();
        let [outage] = outages(&members).try_into().unwrap();
        assert_eq!(outage.scope, OutageScope::Subnet("10.0.3.0/24".to_owned()));
        assert_eq!(outage.cameras.len(), 30);
        let sixth: Vec<_> = (0..4).map(|n| member(&format!("[fd00::{n}]"), n, Some(50))).collect();
        assert_eq!(outages(&sixth)[0].scope, OutageScope::Subnet("fd00::/64".to_owned()));
    }

    #[test]
    fn a_few_or_one_after_the_other_or_a_small_part_are_no_event() {
        let few: Vec<_> = (0..3).map(|n| member("nvr", n, Some(0))).collect();
        let apart: Vec<_> = (0..16).map(|n| member("nvr", n, Some(90 * n as i64))).collect();
        let part: Vec<_> = (0..16).map(|n| member("nvr", n, (n < 8).then_some(0))).collect();
        for members in [few, apart, part] {
            assert_eq!(outages(&members), []);
        }
    }

    #[test]
    fn one_that_was_away_before_does_not_hide_the_others() {
        let members: Vec<_> =
            (0..10).map(|n| member("nvr", n, Some(if n == 0 { 0 } else { 5000 }))).collect();
        let [outage] = outages(&members).try_into().unwrap();
        assert_eq!((outage.cameras.len(), outage.of, outage.since.as_second()), (9, 10, 5000));
    }
}
