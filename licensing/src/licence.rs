use serde::{Deserialize, Serialize};

/// An enum that is stored and sent as a code, and shown as words.
macro_rules! coded {
    ($(#[$doc:meta])* $name:ident { $($(#[$vdoc:meta])* $variant:ident = $code:literal, $words:literal;)+ }) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
        pub enum $name { $($(#[$vdoc])* #[serde(rename = $code)] $variant,)+ }

        impl $name {
            pub const ALL: &'static [Self] = &[$(Self::$variant),+];

            /// As stored and as sent in forms.
            #[must_use]
            pub const fn code(self) -> &'static str {
                match self { $(Self::$variant => $code),+ }
            }

            /// The reverse of [`Self::code`]; `None` for any other text.
            #[must_use]
            pub fn from_code(code: &str) -> Option<Self> {
                match code { $($code => Some(Self::$variant),)+ _ => None }
            }
        }

        /// As people read it.
        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(match self { $(Self::$variant => $words),+ })
            }
        }
    };
}
pub(crate) use coded;

coded! {
    /// How an account pays: what is bought once, what is billed by use, or both. Domain §1.
    LicenceModel {
        Perpetual = "perpetual", "perpetual";
        Subscription = "subscription", "subscription";
        Mixed = "mixed", "mixed-estate";
    }
}

coded! {
    /// What an activation file is for. Domain §4.
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

coded! {
    /// How the server of a subscription account reports its usage. Domain §6.6.
    UsageTracking {
        Upload = "upload", "The server uploads its usage by itself";
        Local = "local", "Usage is kept on the server and uploaded by hand";
    }
}

impl UsageTracking {
    /// The key that says so in the file.
    #[must_use]
    pub fn key(self) -> crate::key::KeyName {
        match self {
            Self::Upload => crate::key::KeyName::known("I3_FEATURE_USAGE_TRACKING_UPLOAD"),
            Self::Local => crate::key::KeyName::known("I3_FEATURE_USAGE_TRACKING_LOCAL"),
        }
    }
}
