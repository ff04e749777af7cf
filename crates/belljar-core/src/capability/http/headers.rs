//! Header fields that a tool sends: which it may set, and in what form they are judged, shown and sent.

use belljar_abi::Header;
use belljar_policy::{is_header_name, reserved};

/// Header fields of one request, at most.
const MOST: usize = 100;

/// Bytes of their names and values, at most (32 KiB): what servers take.
const BYTES: usize = 32 << 10;

/// Gives the fields their one form: names in small letters, values without white space around them.
pub(super) fn canonicalize(headers: &mut [Header]) -> Result<(), String> {
    if headers.len() > MOST {
        return Err(format!("a request has at most {MOST} header fields, not {}", headers.len()));
    }
    let mut bytes = 0;
    for Header { name, value } in headers {
        if !is_header_name(name) {
            return Err("the name of a header field has letters, digits and hyphens only".into());
        }
        name.make_ascii_lowercase();
        if let Some(why) = reserved(name) {
            return Err(format!("the header field {name} cannot be set: {why}; leave it out"));
        }
        let trimmed = value.trim_matches([' ', '\t', '\r', '\n']);
        if trimmed.len() != value.len() {
            *value = trimmed.to_owned();
        }
        if value.chars().any(|c| c != '\t' && c.is_control() || c > '\u{ff}') {
            return Err(format!(
                "the value of the header field {name} has a character that no header can carry: encode it, for example with \
                 encodeURIComponent"
            ));
        }
        bytes += name.len() + value.len();
    }
    if bytes > BYTES {
        return Err(format!("the header fields have {bytes} bytes; at most {BYTES} are sent"));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn header(name: &str, value: &str) -> Header {
        Header { name: name.into(), value: value.into() }
    }

    #[test]
    fn fields_have_one_form() {
        let mut headers = [header("Content-Type", " text/plain\t"), header("X-A", "a, b\u{e9}")];
        assert_eq!(canonicalize(&mut headers), Ok(()));
        assert_eq!(headers, [header("content-type", "text/plain"), header("x-a", "a, b\u{e9}")]);
    }

    #[test]
    fn what_is_not_the_tools_to_set_is_refused() {
        for name in
            ["Host", "cookie", "Proxy-Authorization", "Sec-Fetch-Site", "TRANSFER-ENCODING", "", "a b", "a\r\nb", "é"]
        {
            assert!(canonicalize(&mut [header(name, "x")]).is_err(), "{name}");
        }
        for value in ["a\r\nx: y", "a\nb", "a\0b", "\u{1}", "a\u{7f}", "\u{4e2d}"] {
            assert!(canonicalize(&mut [header("x-a", value)]).is_err(), "{value:?}");
        }
        assert!(canonicalize(&mut vec![header("x", ""); MOST + 1]).is_err());
        assert!(canonicalize(&mut [header("x", &"a".repeat(BYTES))]).is_err());
    }
}
