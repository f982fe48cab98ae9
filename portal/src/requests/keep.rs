use chrono::TimeDelta;

/// Time over which what is over is kept.
#[derive(Clone, Copy, Debug)]
pub struct Keep {
    /// Requests and their attachments, after the request has ended.
    pub requests: TimeDelta,
    pub attachments: TimeDelta,
    /// Names and addresses of people, after their sign-in was disabled.
    pub people: TimeDelta,
}

impl Default for Keep {
    fn default() -> Self {
        Self { requests: TimeDelta::days(3 * 365), attachments: TimeDelta::days(365), people: TimeDelta::days(365) }
    }
}
