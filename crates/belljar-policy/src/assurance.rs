//! How much is known of whoever answers a question.

/// How much is known of whoever answers a question. The order is that of strength, the weakest first.
///
/// A program that speaks for a person may say yes by itself, and some do. So a policy names the least that it takes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Assurance {
    /// A program says that its user answered so, as a client of the Model Context Protocol does.
    #[default]
    Client,
    /// It was given with a command, which a program can write as well as a person.
    Command,
    /// A person was shown the request by Belljar itself, and answered there: on a terminal or in a page.
    Inbox,
}

impl Assurance {
    /// All, the weakest first.
    pub const ALL: [Assurance; 3] = [Assurance::Client, Assurance::Command, Assurance::Inbox];

    /// Its word in a policy and in the log.
    pub fn name(self) -> &'static str {
        match self {
            Assurance::Client => "client",
            Assurance::Command => "command",
            Assurance::Inbox => "inbox",
        }
    }

    /// The one with this word.
    ///
    /// ```
    /// use belljar_policy::Assurance;
    ///
    /// assert_eq!(Assurance::of("inbox"), Some(Assurance::Inbox));
    /// assert!(Assurance::Client < Assurance::Inbox);
    /// ```
    pub fn of(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|assurance| assurance.name() == word)
    }
}
