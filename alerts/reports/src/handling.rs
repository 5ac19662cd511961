//! How the alerts of a period were handled.

use jiff::SignedDuration;

use crate::{
    fact::{Case, Targets},
    figure::{Figure, FigureName as Name},
    language::Words,
    quantile::quantile,
};

type Time = fn(&Case) -> Option<SignedDuration>;

/// The figures of handling, in the order in which they are printed: the reopen rate stands beside the closing rate.
pub(crate) fn handling(cases: &[&Case], targets: &Targets) -> Vec<Figure> {
    let mut figures = vec![
        closed(cases),
        reopened(cases),
        closed_in_time(cases, targets),
        accepted_in_time(cases, targets),
        arrived_in_time(cases, targets),
        false_alarms(cases),
    ];
    let times: [(Name, Name, Time, Words); 3] = [
        (
            Name::AcceptMedian,
            Name::AcceptP95,
            Case::accept_time,
            Words::new(
                "从派单到签收的秒数，只计已签收的",
                "Seconds from dispatched to accepted, of those accepted",
            ),
        ),
        (
            Name::ArriveMedian,
            Name::ArriveP95,
            Case::arrive_time,
            Words::new(
                "从签收到到场的秒数，只计已到场的",
                "Seconds from accepted to on scene, of those arrived at",
            ),
        ),
        (
            Name::CloseMedian,
            Name::CloseP95,
            Case::close_time,
            Words::new(
                "从告警产生到（最后一次）结案的秒数，误报与未结案的不计",
                "Seconds from opened to (last) closed, without false alarms and those still open",
            ),
        ),
    ];
    for (median, p95, time, what) in &times {
        figures.push(quantile(*median, cases, 50, time, what));
        figures.push(quantile(*p95, cases, 95, time, what));
    }
    figures
}

fn closed(cases: &[&Case]) -> Figure {
    let definition = Words::new(
        "已结案（含判为误报）÷ 期内产生；重开后尚未再结案的不计为已结案",
        "Closed (or judged false) ÷ opened in the period; what was reopened and is open again does not count as closed",
    );
    Figure::share(Name::Closed, cases, Case::is_closed, definition)
}

fn reopened(cases: &[&Case]) -> Figure {
    let definition = Words::new(
        "被重开过 ÷ 曾经结案（含判为误报）",
        "Reopened at least once ÷ ever closed or judged false",
    );
    let closed = among(cases, Case::was_ever_closed);
    Figure::share(Name::Reopened, &closed, |case| case.reopened > 0, definition)
}

/// Among all that somebody was called to: verifying and closing have no clock of their own, reporting has.
pub(crate) fn closed_in_time(cases: &[&Case], targets: &Targets) -> Figure {
    let target_s = targets.report_s;
    let definition = Words::new(
        format!("派单后 {target_s} 秒内反馈、已结案且从未重开 ÷ 已派单"),
        format!("Reported within {target_s} s of dispatch, closed and never reopened ÷ dispatched"),
    );
    let dispatched = among(cases, |case| case.dispatched_at.is_some());
    Figure::share(Name::ClosedInTime, &dispatched, |case| case.is_closed_in_time(targets), definition)
}

fn accepted_in_time(cases: &[&Case], targets: &Targets) -> Figure {
    let target_s = targets.accept_s;
    let definition = Words::new(
        format!("派单后 {target_s} 秒内签收 ÷ 已派单；未签收的计为未及时"),
        format!("Accepted within {target_s} s of dispatch ÷ dispatched; not accepted is not in time"),
    );
    let dispatched = among(cases, |case| case.dispatched_at.is_some());
    Figure::share(Name::AcceptedInTime, &dispatched, |case| case.is_accepted_in_time(targets), definition)
}

pub(crate) fn arrived_in_time(cases: &[&Case], targets: &Targets) -> Figure {
    let target_s = targets.arrive_s;
    let definition = Words::new(
        format!("签收后 {target_s} 秒内到场 ÷ 已签收；未到场的计为未及时"),
        format!("On scene within {target_s} s of acceptance ÷ accepted; not arrived is not in time"),
    );
    let accepted = among(cases, |case| case.accepted_at.is_some());
    Figure::share(Name::ArrivedInTime, &accepted, |case| case.is_arrived_in_time(targets), definition)
}

fn false_alarms(cases: &[&Case]) -> Figure {
    let definition = Words::new("判为误报 ÷ 已研判", "Judged false ÷ judged");
    Figure::share(Name::False, &among(cases, |case| case.judged.is_some()), Case::is_false, definition)
}

fn among<'a>(cases: &[&'a Case], belongs: impl Fn(&Case) -> bool) -> Vec<&'a Case> {
    cases.iter().copied().filter(|case| belongs(case)).collect()
}
