//! The words of both languages.

use crate::message::{AlertKind, AlertSummary, Content, Count, Digest, Language, Message};

/// What the text of a drill begins with.
pub(crate) const DRILL: &str = "【演练】";

/// One language's words. What differs in more than words is a function.
pub(super) struct Words {
    language: Language,
    pub drill: &'static str,
    pub a_drill: &'static str,
    pub canary: &'static str,
    pub over: &'static str,
    pub separator: &'static str,
    pub link: &'static str,
    pub thumbnail: &'static str,
}

static CHINESE: Words = Words {
    language: Language::Chinese,
    drill: DRILL,
    a_drill: "演练通知",
    canary: "链路自检",
    over: "（已解除）",
    separator: "；",
    link: "查看：",
    thumbnail: "图片：",
};

static ENGLISH: Words = Words {
    language: Language::English,
    drill: "【演练】[DRILL] ",
    a_drill: "Notice of a drill",
    canary: "Self-test of the alert chain",
    over: " (over)",
    separator: "; ",
    link: "View: ",
    thumbnail: "Picture: ",
};

// === impl Words ===

impl Words {
    pub fn of(language: Language) -> &'static Self {
        match language {
            Language::Chinese => &CHINESE,
            Language::English => &ENGLISH,
        }
    }

    fn say<'a>(&self, zh: &'a str, en: &'a str) -> &'a str {
        match self.language {
            Language::Chinese => zh,
            Language::English => en,
        }
    }

    fn kind(&self, kind: AlertKind) -> &'static str {
        match kind {
            AlertKind::Fall => self.say("有人倒地", "person down"),
            AlertKind::Crowd => self.say("人员聚集", "crowd"),
        }
    }

    fn level(&self, level: u8) -> String {
        match self.language {
            Language::Chinese => {
                format!("{}级", ["一", "二", "三", "四"][usize::from(level.clamp(1, 4)) - 1])
            }
            Language::English => format!("level {level}"),
        }
    }

    /// Level and kind, which always stand together.
    pub fn what(&self, alert: &AlertSummary) -> String {
        format!("{}{}{}", self.level(alert.level.get()), self.say("", " "), self.kind(alert.kind))
    }

    pub fn alert_title(&self, message: &Message, alert: &AlertSummary) -> String {
        let level = self.level(alert.level.get());
        let head = match &message.content {
            Content::LevelUp(_) => self.say("升为", "raised to ").to_owned() + &level,
            Content::Overdue(_) => level + self.say("·超时", ", overdue"),
            Content::Supervise(_) => level + self.say("·督办", ", supervised"),
            Content::AllClear(_) => self.say("解除", "all clear").to_owned(),
            Content::Ping(_) | Content::Digest(_) | Content::Canary | Content::Drill => level,
        };
        let kind = self.kind(alert.kind);
        match self.language {
            Language::Chinese => format!("【{head}】{kind}"),
            Language::English => format!("[{head}] {kind}"),
        }
    }

    pub fn digest_title(&self, digest: &Digest) -> String {
        let alerts: u32 = digest.counts.iter().map(|count| count.alerts).sum();
        let highest = digest.counts.iter().filter(|count| !count.over).map(|count| count.level).min();
        let highest = highest.map(|level| self.level(level.get()));
        match (self.language, highest) {
            (Language::Chinese, Some(level)) => format!("【汇总】{alerts} 起告警，最高{level}"),
            (Language::Chinese, None) => format!("【汇总】{alerts} 起告警，均已解除"),
            (Language::English, Some(level)) => format!("[digest] {alerts} alerts, highest {level}"),
            (Language::English, None) => format!("[digest] {alerts} alerts, all over"),
        }
    }

    pub fn count(&self, count: &Count) -> String {
        let drill = if count.drill { self.drill } else { "" };
        let over = if count.over { self.over } else { "" };
        let (level, kind) = (self.level(count.level.get()), self.kind(count.kind));
        match self.language {
            Language::Chinese => format!("{drill}{level}{kind}{over} {} 起", count.alerts),
            Language::English => format!("{drill}{} × {level} {kind}{over}", count.alerts),
        }
    }

    pub fn others(&self, others: u32) -> String {
        match self.language {
            Language::Chinese => format!("另有 {others} 条其他消息"),
            Language::English => format!("{others} other messages"),
        }
    }

    pub fn place(&self, place: &str) -> String {
        format!("{}{place}", self.say("地点：", "Where: "))
    }

    pub fn grid(&self, name: &str, code: &str) -> String {
        match self.language {
            Language::Chinese => format!("网格：{name}（{code}）"),
            Language::English => format!("Grid: {name} ({code})"),
        }
    }

    pub fn time(&self, time: &str) -> String {
        format!("{}{time}", self.say("时间：", "When: "))
    }

    pub fn number(&self, id: i64) -> String {
        format!("{}#{id}", self.say("编号：", "Alert: "))
    }
}
