//! What a probe's reasons mean for people, in Chinese and English.

use gridwatch_ingest::ProbeReason;

/// A language that people are answered in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Language {
    /// 中文
    Zh,
    /// English
    En,
}

/// What a reason means, and the next step.
pub fn sentence(reason: ProbeReason, language: Language) -> &'static str {
    match language {
        Language::Zh => chinese(reason),
        Language::En => english(reason),
    }
}

/// Stands for a detail that might hold a part of a password.
pub fn hidden(language: Language) -> &'static str {
    match language {
        Language::Zh => "（不显示，其中可能含有密码的一部分）",
        Language::En => "(not shown: a part of a password may be in it)",
    }
}

fn chinese(reason: ProbeReason) -> &'static str {
    match reason {
        ProbeReason::InvalidAddress => {
            "这不是摄像机地址。应写成 rtsp://主机:554/路径；用户名和密码请另外给出。"
        }
        ProbeReason::NameNotFound => {
            "主机名无法解析。请检查拼写，在本机用 getent hosts 主机名 查询，或改用 IP 地址。"
        }
        ProbeReason::Refused => "主机在线，但端口未开放。请检查端口（一般为 554），并确认摄像机已开启 RTSP。",
        ProbeReason::TimedOut => {
            "没有及时应答。请先 ping 该地址，再查供电、交换机、VLAN 和防火墙；能 ping 通则重启摄像机。"
        }
        ProbeReason::WrongCredentials => {
            "用户名或密码错误，或者没有给出。请更正；多次输错后账号可能被锁定几分钟；账号须有预览权限。"
        }
        ProbeReason::NotTrusted => {
            "摄像机的证书不受信任。请在本机安装签发它的 CA 证书，或给摄像机换一张受信任的证书。"
        }
        ProbeReason::Busy => {
            "摄像机不能再承受更多的会话。请关闭其他观看者，或改从 NVR 取流；断电重连后请等一分钟再试。"
        }
        ProbeReason::TransportRefused => {
            "摄像机不支持这种传输方式。请换一种：tcp、udp、multicast、tls、http。"
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
            "This is no camera address. Write rtsp://host:554/path, and give user and password beside it."
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
            "User name or password is wrong, or none was given. Correct them; the account may be locked for some minutes after wrong ones, and it needs the right to view."
        }
        ProbeReason::NotTrusted => {
            "The camera's certificate is not trusted. Install the CA certificate that signed it on this computer, or give the camera a trusted one."
        }
        ProbeReason::Busy => {
            "The camera bears no further session. Close other viewers, or take the stream from the NVR; after a lost connection wait a minute and try again."
        }
        ProbeReason::TransportRefused => {
            "The camera does not send in this way. Take another one: tcp, udp, multicast, tls or http."
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
