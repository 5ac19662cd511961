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
pub(crate) fn handling(cases: &[&Case]) -> Vec<Figure> {
    let mut figures = vec![
        closed(cases),
        reopened(cases),
        closed_in_time(cases),
        accepted_in_time(cases),
        arrived_in_time(cases),
        false_alarms(cases),
    ];
    let times: [(Name, Name, Time, Words); 3] = [
        (
            Name::AcceptMedian,
            Name::AcceptP95,
            Case::accept_time,
            Words::new(
                "从派单到签收的秒数，只计已签收的，挂起时间不计",
                "Seconds from dispatched to accepted without time on hold, of those accepted",
            ),
        ),
        (
            Name::ArriveMedian,
            Name::ArriveP95,
            Case::arrive_time,
            Words::new(
                "从签收到到场的秒数，只计已到场的，挂起时间不计",
                "Seconds from accepted to on scene without time on hold, of those arrived at",
            ),
        ),
        (
            Name::CloseMedian,
            Name::CloseP95,
            Case::close_time,
            Words::new(
                "从告警产生到（最后一次）结案的秒数，误报与未结案的不计，挂起时间不计",
                "Seconds from opened to (last) closed without time on hold, false alarms and those still open",
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
pub(crate) fn closed_in_time(cases: &[&Case]) -> Figure {
    let (zh, en) = allowed(cases, |targets| targets.report_s);
    let definition = Words::new(
        format!("派单后 {zh}内反馈、已结案且从未重开 ÷ 已派单；挂起时间不计"),
        format!(
            "Reported within {en} of dispatch, closed and never reopened ÷ dispatched; time on hold does not count"
        ),
    );
    let dispatched = among(cases, |case| case.dispatched_at.is_some());
    Figure::share(Name::ClosedInTime, &dispatched, Case::is_closed_in_time, definition)
}

fn accepted_in_time(cases: &[&Case]) -> Figure {
    let (zh, en) = allowed(cases, |targets| targets.accept_s);
    let definition = Words::new(
        format!("派单后 {zh}内签收 ÷ 已派单；未签收的计为未及时，挂起时间不计"),
        format!(
            "Accepted within {en} of dispatch ÷ dispatched; not accepted is not in time, time on hold does not count"
        ),
    );
    let dispatched = among(cases, |case| case.dispatched_at.is_some());
    Figure::share(Name::AcceptedInTime, &dispatched, Case::is_accepted_in_time, definition)
}

pub(crate) fn arrived_in_time(cases: &[&Case]) -> Figure {
    let (zh, en) = allowed(cases, |targets| targets.arrive_s);
    let definition = Words::new(
        format!("签收后 {zh}内到场 ÷ 已签收；未到场的计为未及时，挂起时间不计"),
        format!(
            "On scene within {en} of acceptance ÷ accepted; not arrived is not in time, time on hold does not count"
        ),
    );
    let accepted = among(cases, |case| case.accepted_at.is_some());
    Figure::share(Name::ArrivedInTime, &accepted, Case::is_arrived_in_time, definition)
}

fn false_alarms(cases: &[&Case]) -> Figure {
    let definition = Words::new("判为误报 ÷ 已研判", "Judged false ÷ judged");
    Figure::share(Name::False, &among(cases, |case| case.judged.is_some()), Case::is_false, definition)
}

fn among<'a>(cases: &[&'a Case], belongs: impl Fn(&Case) -> bool) -> Vec<&'a Case> {
    cases.iter().copied().filter(|case| belongs(case)).collect()
}

/// The time that was allowed, in both languages: one, or from the shortest to the longest where the rules differ by case.
fn allowed(cases: &[&Case], time_s: impl Fn(&Targets) -> u32) -> (String, String) {
    let times_s = || cases.iter().map(|case| time_s(&case.targets));
    let usual_s = time_s(&Targets::default());
    let (least_s, most_s) = (times_s().min().unwrap_or(usual_s), times_s().max().unwrap_or(usual_s));
    if least_s == most_s {
        (format!("{least_s} 秒"), format!("{least_s} s"))
    } else {
        (
            format!("规定时限（按类型、等级、时段，{least_s} 至 {most_s} 秒）"),
            format!("its time ({least_s} to {most_s} s by kind, level and hour)"),
        )
    }
}
