//! What a probe found, in Chinese and English.

use gridwatch_ingest::{Codec, ProbeReason, ProbeReport};

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
            let (code, sentence) = (failure.reason.code(), sentence(failure.reason, Zh));
            lines.push(format!("不可用（{code}，用时 {took:.1} 秒）：{sentence}"));
            lines.push(format!("详情：{}", failure.detail));
        }
        (Some(failure), En) => {
            let (code, sentence) = (failure.reason.code(), sentence(failure.reason, En));
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
    parts.extend(report.transport.map(str::to_uppercase));
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

/// Stands for a detail that might hold a part of a password.
pub fn hidden(language: Language) -> &'static str {
    match language {
        Zh => "（不显示，其中可能含有密码的一部分）",
        En => "(not shown: a part of a password may be in it)",
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

/// What a reason means, and the next step.
fn sentence(reason: ProbeReason, language: Language) -> &'static str {
    match language {
        Zh => chinese(reason),
        En => english(reason),
    }
}

fn chinese(reason: ProbeReason) -> &'static str {
    match reason {
        ProbeReason::InvalidAddress => {
            "这不是摄像机地址。应写成 rtsp://主机:554/路径；用户名和密码用 --user 和 --password-file 给出。"
        }
        ProbeReason::NameNotFound => {
            "主机名无法解析。请检查拼写，在本机用 getent hosts 主机名 查询，或改用 IP 地址。"
        }
        ProbeReason::Refused => "主机在线，但端口未开放。请检查端口（一般为 554），并确认摄像机已开启 RTSP。",
        ProbeReason::TimedOut => {
            "没有及时应答。请先 ping 该地址，再查供电、交换机、VLAN 和防火墙；能 ping 通则重启摄像机。"
        }
        ProbeReason::WrongCredentials => {
            "用户名或密码错误，或者没有给出。请更正 --user 和 --password-file；多次输错后账号可能被锁定几分钟；账号须有预览权限。"
        }
        ProbeReason::NoSuchStream => {
            "码流不存在。请更正地址中的路径和通道号；在 NVR 上，该通道可能没有接入摄像机。"
        }
        ProbeReason::RefusedToPlay => {
            "摄像机拒绝播放。多半是同时观看的人太多：关闭一些，或改从 NVR 取流。状态码见详情。"
        }
        ProbeReason::ProtocolError => {
            "对方不是 RTSP 服务，或发来的内容无法读取。请确认是 RTSP 端口，而不是 HTTP（80）或厂商私有端口（8000、37777）；升级固件，或换另一路码流。"
        }
        ProbeReason::Closed => "摄像机关闭了连接。请再试一次；若每次如此，请检查观看人数上限、供电和固件。",
        ProbeReason::NoMedia => {
            "RTSP 正常，但没有图像数据。可能是 NVR 后面的摄像机已断开，或网络丢包：请在摄像机自带的网页上查看画面。"
        }
        ProbeReason::CodecNotSupported => {
            "码流中没有 H.264 或 H.265 视频。请在摄像机中把编码改为 H.264 或 H.265（不要用 MJPEG）。"
        }
        ProbeReason::NoKeyPicture => {
            "有图像数据，但探测期间没有关键帧。请把 I 帧间隔设为 1 到 4 秒，并关闭智能编码（smart codec：H.264+、H.265+、Smart264/265）。"
        }
        ProbeReason::NotDecodable => {
            "有图像数据，但无法解码。请关闭码流加密和智能编码，改用 H.264；并确认本机装有 gstreamer1.0-libav。"
        }
    }
}

fn english(reason: ProbeReason) -> &'static str {
    match reason {
        ProbeReason::InvalidAddress => {
            "This is no camera address. Write rtsp://host:554/path, and give user and password with --user and --password-file."
        }
        ProbeReason::NameNotFound => {
            "The host name has no address. Check its spelling, ask with getent hosts NAME on this computer, or use the IP address."
        }
        ProbeReason::Refused => {
            "The host is there, but nothing listens on that port. Check the port (usually 554), and whether RTSP is switched on in the camera."
        }
        ProbeReason::TimedOut => {
            "No answer in time. Ping the address, then look at power, switch, VLAN and firewall; if it answers a ping, restart the camera."
        }
        ProbeReason::WrongCredentials => {
            "User name or password is wrong, or none was given. Correct --user and --password-file; the account may be locked for some minutes after wrong ones, and it needs the right to view."
        }
        ProbeReason::NoSuchStream => {
            "There is no such stream. Correct path and channel in the address; on an NVR the channel may be empty."
        }
        ProbeReason::RefusedToPlay => {
            "The camera refuses to play. Often too many are viewing it: close some, or take the stream from the NVR. The detail has the status."
        }
        ProbeReason::ProtocolError => {
            "What answers does not speak RTSP, or sends what cannot be read. Is it the RTSP port, and not HTTP (80) or the vendor's own (8000, 37777)? Update the firmware, or try the other stream."
        }
        ProbeReason::Closed => {
            "The camera closed the connection. Try again; if it happens each time, check its number of viewers, its power and its firmware."
        }
        ProbeReason::NoMedia => {
            "RTSP works, but no picture comes. The NVR may have lost the camera behind it, or the network drops packets: look at the picture in the camera's own web page."
        }
        ProbeReason::CodecNotSupported => {
            "The stream has no H.264 or H.265 video. Set the encoding to H.264 or H.265 in the camera (not MJPEG)."
        }
        ProbeReason::NoKeyPicture => {
            "Pictures come, but no key picture during the probe. Set the I-frame interval to 1–4 s and turn \"smart codec\" (H.264+, H.265+, Smart264/265) off."
        }
        ProbeReason::NotDecodable => {
            "Pictures come, but none can be decoded. Turn stream encryption and \"smart codec\" off, try H.264; and is gstreamer1.0-libav installed on this computer?"
        }
    }
}
