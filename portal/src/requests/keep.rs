use chrono::TimeDelta;

/// Time over which requests and their attachments are kept after the request has ended.
#[derive(Clone, Copy, Debug)]
pub struct Keep {
    pub requests: TimeDelta,
    pub attachments: TimeDelta,
}

impl Default for Keep {
    fn default() -> Self {
        Self { requests: TimeDelta::days(3 * 365), attachments: TimeDelta::days(365) }
    }
}
