use crate::value::coded::coded;
use serde::{Deserialize, Serialize};

coded! {
    /// Way of paying of an account: bought once, billed by use, or both. Domain §1.
    LicenceModel {
        Perpetual = "perpetual", "perpetual";
        Subscription = "subscription", "subscription";
        Mixed = "mixed", "mixed-estate";
    }
}

coded! {
    /// Purpose of an activation file. Domain §4.
    LicenceType {
        Production = "production", "Production";
        BundledDevelopment = "development-bundled", "Non-ordered development (bundled)";
        PartnerDevelopment = "development-partner", "Non-ordered development (partner)";
        OrderedDevelopmentSmall = "development-ordered-small", "Ordered development, small";
        OrderedDevelopmentLarge = "development-ordered-large", "Ordered development, large";
        Trial = "trial", "Trial";
        Evaluation = "evaluation", "Evaluation";
    }
}

impl LicenceType {
    /// Files of these types carry “interactions disconnect hourly”. Domain §4.
    #[must_use]
    pub const fn disconnects_hourly(self) -> bool {
        matches!(
            self,
            Self::BundledDevelopment | Self::PartnerDevelopment | Self::OrderedDevelopmentSmall | Self::OrderedDevelopmentLarge
        )
    }
}

impl LicenceType {
    /// Restriction stated wherever a file of this type is shown; `None` without one. Domain §4.
    #[must_use]
    pub const fn restriction(self) -> Option<&'static str> {
        if self.disconnects_hourly() {
            return Some("Interactions disconnect hourly. It may not be used in production.");
        }
        None
    }

    /// Source of the parts of a file of this type.
    #[must_use]
    pub const fn source(self) -> Source {
        match self {
            Self::Production | Self::OrderedDevelopmentSmall | Self::OrderedDevelopmentLarge | Self::Evaluation => {
                Source::Entitlements
            }
            Self::BundledDevelopment => Source::Bundle,
            Self::PartnerDevelopment | Self::Trial => Source::Catalogue,
        }
    }

    /// The sentence that says what the account has again when a file of this type is deactivated.
    #[must_use]
    pub const fn returned(self) -> &'static str {
        match self.source() {
            Source::Entitlements => "Its quantities are available again.",
            Source::Bundle | Source::Catalogue => "It held nothing of your orders: no quantities return.",
        }
    }

    /// The size that was ordered, of an ordered development licence.
    #[must_use]
    pub const fn ordered_size(self) -> Option<DevelopmentSize> {
        match self {
            Self::OrderedDevelopmentSmall => Some(DevelopmentSize::Small),
            Self::OrderedDevelopmentLarge => Some(DevelopmentSize::Large),
            _ => None,
        }
    }

    /// `true` for types whose contents are given whole: nothing can be added. Domain §4.
    #[must_use]
    pub const fn is_fixed(self) -> bool {
        !matches!(self, Self::Production | Self::PartnerDevelopment | Self::Trial)
    }
}

/// Source of the parts of a file. Domain §4.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Source {
    /// Order lines, whose quantities move.
    Entitlements,
    /// A licence that comes with an ordered server, one for each; nothing moves.
    Bundle,
    /// The whole catalogue, in any quantity; nothing moves.
    Catalogue,
}

coded! {
    /// Size of a development licence. Domain §4.
    DevelopmentSize {
        Small = "small", "small";
        Large = "large", "large";
    }
}

impl DevelopmentSize {
    /// Number of each access and session licence that it gives.
    #[must_use]
    pub const fn units(self) -> u32 {
        match self {
            Self::Small => 8,
            Self::Large => 30,
        }
    }
}

coded! {
    /// Way in which the server of a subscription account reports its usage. Domain §6.5 and §6.6.
    UsageTracking {
        Upload = "upload", "The server uploads its usage by itself";
        Local = "local", "Usage is kept on the server and uploaded by hand";
        VirtualCloud = "virtual-cloud", "Virtual cloud: the server reports to the cloud and needs no host id";
    }
}
