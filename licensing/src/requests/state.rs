use crate::value::coded::coded;
use serde::{Deserialize, Serialize};

coded! {
    /// State of an activation file request. Domain §7.
    RequestState {
        New = "new", "New";
        InReview = "in-review", "In review";
        Waiting = "waiting", "Waiting on requester";
        Fulfilled = "fulfilled", "Fulfilled";
        Answered = "answered", "Answered";
        Rejected = "rejected", "Rejected";
        Closed = "closed", "Closed";
    }
}

coded! {
    /// What an analyst's reply makes of a request.
    Resolution {
        Keep = "keep", "Keep in review";
        Ask = "ask", "Wait for the requester";
        Answer = "answer", "Answered";
        Fulfil = "fulfil", "Fulfilled";
        Reject = "reject", "Rejected";
        Close = "close", "Closed";
    }
}

impl RequestState {
    /// Whether somebody still has to do something.
    #[must_use]
    pub const fn is_open(self) -> bool {
        matches!(self, Self::New | Self::InReview | Self::Waiting)
    }

    /// State after an analyst claimed the request: one that is over stays so.
    #[must_use]
    pub const fn claimed(self) -> Self {
        match self {
            Self::New => Self::InReview,
            other => other,
        }
    }

    /// State after the analyst gave it back.
    #[must_use]
    pub const fn released(self) -> Self {
        match self {
            Self::InReview | Self::Waiting => Self::New,
            other => other,
        }
    }

    /// State after a message of the requester: it goes on, and one that was over is open again.
    #[must_use]
    pub const fn replied(self, assigned: bool) -> Self {
        match (self, assigned) {
            (Self::New, _) | (_, false) => Self::New,
            (_, true) => Self::InReview,
        }
    }
}

impl Resolution {
    /// State after a reply with this resolution. Only an analyst who holds the request replies.
    #[must_use]
    pub const fn state(self) -> RequestState {
        match self {
            Self::Keep => RequestState::InReview,
            Self::Ask => RequestState::Waiting,
            Self::Answer => RequestState::Answered,
            Self::Fulfil => RequestState::Fulfilled,
            Self::Reject => RequestState::Rejected,
            Self::Close => RequestState::Closed,
        }
    }
}
