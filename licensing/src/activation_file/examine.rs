use super::{ActivationFile, Expected, KeyRing, Note, Repair, Verdict, undo_transport};

/// Report of a checker on bytes that claim to be an activation file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Examined {
    pub verdict: Verdict,
    /// Damage in transport that was undone before the verdict.
    pub repairs: Vec<Repair>,
    /// Contents of the text, if it is one. Rely on them only when the verdict is *valid*.
    pub file: Option<ActivationFile>,
}

impl KeyRing {
    /// Undoes what the way did to `bytes`, answers about them, and reads what they say whatever the answer is.
    #[must_use]
    pub fn examine(&self, bytes: &[u8], expected: &Expected) -> Examined {
        let (bytes, repairs) = undo_transport(bytes);
        let verdict = self.verify(&bytes, expected);
        let file = Note::parse(&bytes).ok().and_then(|note| ActivationFile::decode(note.text).ok());
        Examined { verdict, repairs, file }
    }
}
