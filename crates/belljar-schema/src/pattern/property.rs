//! What `\p{…}` names: properties of characters, by the tables of maintained libraries and so alike on every host.

use unicode_properties::{GeneralCategory, UnicodeEmoji, UnicodeGeneralCategory};
use unicode_script::{Script, UnicodeScript};

/// What a character can be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Property {
    Any,
    Ascii,
    Alphabetic,
    Lowercase,
    Uppercase,
    WhiteSpace,
    Emoji,
    /// One of some general categories, a bit for each.
    Category(u32),
    /// The script that a character belongs to.
    Script(Script),
    /// A script that a character is used with.
    ScriptExtensions(Script),
}

impl Property {
    /// The property of this name, as ECMAScript has it.
    pub(super) fn named(name: &str) -> Result<Self, String> {
        let unknown = || {
            format!(
                "the property \"{name}\" is not known here; those that are: Any, ASCII, Alphabetic, Lowercase, Uppercase, \
                 White_Space, Emoji, the general categories (L, Lu, Letter …), and scripts (Script=Greek)"
            )
        };
        match name.split_once('=') {
            Some(("General_Category" | "gc", value)) => category(value).map(Property::Category),
            Some(("Script" | "sc", value)) => script(value).map(Property::Script),
            Some(("Script_Extensions" | "scx", value)) => script(value).map(Property::ScriptExtensions),
            Some(_) => None,
            None => match name {
                "Any" => Some(Property::Any),
                "ASCII" => Some(Property::Ascii),
                "Alphabetic" | "Alpha" => Some(Property::Alphabetic),
                "Lowercase" | "Lower" => Some(Property::Lowercase),
                "Uppercase" | "Upper" => Some(Property::Uppercase),
                "White_Space" | "space" => Some(Property::WhiteSpace),
                "Emoji" => Some(Property::Emoji),
                _ => category(name).map(Property::Category),
            },
        }
        .ok_or_else(unknown)
    }

    pub(super) fn holds(self, c: char) -> bool {
        match self {
            Property::Any => true,
            Property::Ascii => c.is_ascii(),
            Property::Alphabetic => c.is_alphabetic(),
            Property::Lowercase => c.is_lowercase(),
            Property::Uppercase => c.is_uppercase(),
            Property::WhiteSpace => c.is_whitespace(),
            Property::Emoji => c.is_emoji_char(),
            Property::Category(mask) => mask & bit(c.general_category()) != 0,
            Property::Script(script) => c.script() == script,
            // What is common or inherited counts, for that library, as used with every script.
            Property::ScriptExtensions(script) => match c.script_extension() {
                used if used.is_common() => script == Script::Common,
                used if used.is_inherited() => script == Script::Inherited,
                used => used.contains_script(script),
            },
        }
    }
}

fn bit(category: GeneralCategory) -> u32 {
    1 << category as u32
}

/// A script by its long or its short name, exactly as Unicode writes them.
fn script(name: &str) -> Option<Script> {
    match name {
        "Qaai" => Some(Script::Inherited),
        "Qaac" => Some(Script::Coptic),
        _ => Script::from_full_name(name).or_else(|| Script::from_short_name(name)),
    }
}

/// A general category, or some of them, by its short or its long name.
fn category(name: &str) -> Option<u32> {
    use GeneralCategory as G;
    let categories: &[G] = match name {
        "Lu" | "Uppercase_Letter" => &[G::UppercaseLetter],
        "Ll" | "Lowercase_Letter" => &[G::LowercaseLetter],
        "Lt" | "Titlecase_Letter" => &[G::TitlecaseLetter],
        "Lm" | "Modifier_Letter" => &[G::ModifierLetter],
        "Lo" | "Other_Letter" => &[G::OtherLetter],
        "Mn" | "Nonspacing_Mark" => &[G::NonspacingMark],
        "Mc" | "Spacing_Mark" => &[G::SpacingMark],
        "Me" | "Enclosing_Mark" => &[G::EnclosingMark],
        "Nd" | "Decimal_Number" | "digit" => &[G::DecimalNumber],
        "Nl" | "Letter_Number" => &[G::LetterNumber],
        "No" | "Other_Number" => &[G::OtherNumber],
        "Pc" | "Connector_Punctuation" => &[G::ConnectorPunctuation],
        "Pd" | "Dash_Punctuation" => &[G::DashPunctuation],
        "Ps" | "Open_Punctuation" => &[G::OpenPunctuation],
        "Pe" | "Close_Punctuation" => &[G::ClosePunctuation],
        "Pi" | "Initial_Punctuation" => &[G::InitialPunctuation],
        "Pf" | "Final_Punctuation" => &[G::FinalPunctuation],
        "Po" | "Other_Punctuation" => &[G::OtherPunctuation],
        "Sm" | "Math_Symbol" => &[G::MathSymbol],
        "Sc" | "Currency_Symbol" => &[G::CurrencySymbol],
        "Sk" | "Modifier_Symbol" => &[G::ModifierSymbol],
        "So" | "Other_Symbol" => &[G::OtherSymbol],
        "Zs" | "Space_Separator" => &[G::SpaceSeparator],
        "Zl" | "Line_Separator" => &[G::LineSeparator],
        "Zp" | "Paragraph_Separator" => &[G::ParagraphSeparator],
        "Cc" | "Control" | "cntrl" => &[G::Control],
        "Cf" | "Format" => &[G::Format],
        "Cs" | "Surrogate" => &[G::Surrogate],
        "Co" | "Private_Use" => &[G::PrivateUse],
        "Cn" | "Unassigned" => &[G::Unassigned],
        "LC" | "Cased_Letter" => &[G::UppercaseLetter, G::LowercaseLetter, G::TitlecaseLetter],
        "L" | "Letter" => {
            &[G::UppercaseLetter, G::LowercaseLetter, G::TitlecaseLetter, G::ModifierLetter, G::OtherLetter]
        }
        "M" | "Mark" | "Combining_Mark" => &[G::NonspacingMark, G::SpacingMark, G::EnclosingMark],
        "N" | "Number" => &[G::DecimalNumber, G::LetterNumber, G::OtherNumber],
        "P" | "Punctuation" | "punct" => &[
            G::ConnectorPunctuation,
            G::DashPunctuation,
            G::OpenPunctuation,
            G::ClosePunctuation,
            G::InitialPunctuation,
            G::FinalPunctuation,
            G::OtherPunctuation,
        ],
        "S" | "Symbol" => &[G::MathSymbol, G::CurrencySymbol, G::ModifierSymbol, G::OtherSymbol],
        "Z" | "Separator" => &[G::SpaceSeparator, G::LineSeparator, G::ParagraphSeparator],
        "C" | "Other" => &[G::Control, G::Format, G::Surrogate, G::PrivateUse, G::Unassigned],
        _ => return None,
    };
    Some(categories.iter().fold(0, |mask, category| mask | bit(*category)))
}
