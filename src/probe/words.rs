//! What a probe found, in Chinese and English.

use gridwatch_console::probe::sentence;
use gridwatch_ingest::{Codec, ProbeReport};

use crate::cli::Language::{self, En, Zh};

/// A camera whose key pictures are further apart is named: a fall may be seen that much later.
const GOP_LONG_S: f64 = 10.0;

/// The report in some lines.
pub fn tell(report: &ProbeReport, language: Language) -> String {
    let seen = seen(report, language);
    let took = report.took.as_secs_f64();
    let mut lines = Vec::new();
    match (&report.failure, language) {
        (None, Zh) => lines.push(format!("正常：{seen}（用时 {took:.1} 秒）")),
        (None, En) => lines.push(format!("In order: {seen} (took {took:.1} s)")),
        (Some(failure), Zh) => {
            let (code, sentence) = (failure.reason.code(), sentence(failure.reason, Zh.into()));
            lines.push(format!("不可用（{code}，用时 {took:.1} 秒）：{sentence}"));
            lines.push(format!("详情：{}", failure.detail));
        }
        (Some(failure), En) => {
            let (code, sentence) = (failure.reason.code(), sentence(failure.reason, En.into()));
            lines.push(format!("Not usable ({code}, took {took:.1} s): {sentence}"));
            lines.push(format!("Detail: {}", failure.detail));
        }
    }
    if report.failure.is_some() && !seen.is_empty() {
        lines.push(match language {
            Zh => format!("此前收到：{seen}"),
            En => format!("Seen before that: {seen}"),
        });
    }
    if report.failure.is_none() {
        lines.extend(long_gop(report, language));
    }
    lines.join("\n")
}

/// Codec, size and figures, as far as they are known.
fn seen(report: &ProbeReport, language: Language) -> String {
    let mut parts = Vec::new();
    if let Some(parameters) = &report.parameters {
        let codec = match parameters.codec {
            Codec::H264 => "H.264",
            Codec::H265 => "H.265",
        };
        parts.push(format!("{codec} {}×{}", parameters.width, parameters.height));
    }
    parts.extend(report.fps.map(|fps| match language {
        Zh => format!("每秒 {fps:.1} 帧"),
        En => format!("{fps:.1} pictures/s"),
    }));
    parts.extend(report.gop_s.map(|gop| match language {
        Zh => format!("关键帧间隔 {gop:.1} 秒"),
        En => format!("a key picture every {gop:.1} s"),
    }));
    parts.extend(report.bitrate_kbps.map(|rate| format!("{rate:.0} kbit/s")));
    parts.extend(report.transport.map(|transport| transport.name().to_uppercase()));
    parts.join(match language {
        Zh => "，",
        En => ", ",
    })
}

/// Names a group of pictures that is too long, or that did not end while it was watched.
fn long_gop(report: &ProbeReport, language: Language) -> Option<String> {
    let advice = match language {
        Zh => {
            "跌倒会因此发现得更晚。请把 I 帧间隔设为 1 到 4 秒，并关闭智能编码（smart codec：H.264+、H.265+、Smart264/265）。"
        }
        En => {
            "Falls are then seen late. Set the I-frame interval to 1–4 s and turn \"smart codec\" (H.264+, H.265+, Smart264/265) off."
        }
    };
    let finding = match (report.gop_s, report.gop_over_s, language) {
        (Some(gop), _, Zh) if gop > GOP_LONG_S => format!("注意：关键帧间隔超过 {GOP_LONG_S:.0} 秒。"),
        (Some(gop), _, En) if gop > GOP_LONG_S => {
            format!("Note: the key pictures are more than {GOP_LONG_S:.0} s apart. ")
        }
        (None, Some(over), Zh) => format!("注意：连续 {over:.1} 秒没有关键帧，间隔太长或开启了智能编码。"),
        (None, Some(over), En) => format!(
            "Note: no key picture came for {over:.1} s: they are too far apart, or a \"smart codec\" is on. "
        ),
        _ => return None,
    };
    Some(format!("{finding}{advice}"))
}

/// What is said when the password was given as an argument.
pub fn was_visible(language: Language) -> &'static str {
    match language {
        Zh => {
            "注意：写在命令行地址里的密码，在程序运行期间能被本机所有账号看到（ps）。请改用 --user 加 --password-file，或用“-”从标准输入读取地址。"
        }
        En => {
            "Note: every account of this computer could see the password in the address while the program ran (ps). Use --user with --password-file, or give the address on standard input with \"-\"."
        }
    }
}

/// What is said when an address has an `@` where none is expected.
pub fn at_sign(language: Language) -> &'static str {
    match language {
        Zh => {
            "提示：地址的路径中有“@”，密码可能没有认全。密码里的 / ? # 请写成 %2F %3F %23，或用 --user 加 --password-file。"
        }
        En => {
            "Hint: the address has an @ in its path, so its password may not be recognised. Write / ? # in a password as %2F %3F %23, or use --user with --password-file."
        }
    }
}

impl From<Language> for gridwatch_console::probe::Language {
    fn from(language: Language) -> Self {
        match language {
            Zh => Self::Zh,
            En => Self::En,
        }
    }
}
