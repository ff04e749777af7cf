//! The table of special addresses, compared with IANA's registries: `special-addresses.txt` has their entries.

#![expect(clippy::unwrap_used, reason = "these are tests, helpers included")]

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use belljar_policy::is_forbidden_address;

/// A block of addresses, as the first and the last of them as a number.
#[derive(Clone, Copy)]
struct Block {
    six: bool,
    first: u128,
    last: u128,
}

impl Block {
    fn parse(text: &str) -> Self {
        let (address, length) = text.split_once('/').unwrap();
        let length: u32 = length.parse().unwrap();
        let (six, first, width) = match address.parse().unwrap() {
            IpAddr::V4(four) => (false, u128::from(four.to_bits()), 32),
            IpAddr::V6(six) => (true, six.to_bits(), 128),
        };
        let rest = u128::MAX.checked_shr(128 - (width - length)).unwrap_or(0);
        assert_eq!(first & rest, 0, "{text} has bits beyond its length");
        Block { six, first, last: first | rest }
    }

    fn address(self, number: u128) -> IpAddr {
        if self.six { Ipv6Addr::from_bits(number).into() } else { Ipv4Addr::from_bits(number as u32).into() }
    }

    fn holds(self, other: Block) -> bool {
        self.six == other.six && self.first <= other.first && other.last <= self.last
    }

    /// Its first, its last, and some in the middle.
    fn samples(self) -> [u128; 5] {
        let size = self.last - self.first;
        [self.first, self.first + size / 3, self.first + size / 2, self.last - size / 5, self.last]
    }
}

struct Row {
    text: &'static str,
    block: Block,
    reachable: &'static str,
    belljar: &'static str,
}

/// The registries' entries. A difference without a reason makes it fail.
fn rows() -> Vec<Row> {
    let lines = include_str!("special-addresses.txt").lines().filter(|line| !line.starts_with('#'));
    lines
        .map(|text| {
            let fields: Vec<&str> = text.split(" | ").collect();
            let (block, reachable, belljar) = (Block::parse(fields[0]), fields[3], fields[4]);
            assert!(fields[2].starts_with("RFC ") && fields.len() <= 6, "{text}");
            let expected = if reachable == "yes" { "allowed" } else { "refused" };
            assert_eq!(belljar != expected, fields.len() == 6, "a difference has a reason, and nothing else: {text}");
            assert!(!(reachable == "no" && belljar == "allowed"), "{text}");
            Row { text, block, reachable, belljar }
        })
        .collect()
}

/// The row that counts for an address.
fn narrowest(rows: &[Row], six: bool, number: u128) -> Option<&Row> {
    let one = Block { six, first: number, last: number };
    rows.iter().filter(|row| row.block.holds(one)).min_by_key(|row| row.block.last - row.block.first)
}

/// The IPv6 addresses that lead to an IPv4 address: IPv4-mapped, NAT64, and 6to4.
fn embeddings(four: u32) -> [u128; 3] {
    let four = u128::from(four);
    [0xffff << 32 | four, 0x64_ff9b << 96 | four, 0x2002 << 112 | four << 80 | 1]
}

/// Those through which it must not be reached, be it public or not: Teredo's server and client, IPv4-compatible,
/// IPv4-translated, and NAT64 within a network.
fn closed(four: u32) -> [u128; 5] {
    let four = u128::from(four);
    [
        0x2001 << 112 | four << 64,
        0x2001 << 112 | (!four & 0xffff_ffff),
        four,
        0xffff << 48 | four,
        0x64_ff9b_0001 << 80 | four,
    ]
}

fn is_refused_six(number: u128) -> bool {
    is_forbidden_address(Ipv6Addr::from_bits(number).into())
}

#[test]
fn each_block_of_the_registries_is_refused_or_allowed_as_listed() {
    let rows = rows();
    assert_eq!(rows.iter().filter(|row| row.block.six).count(), 25);
    assert_eq!(rows.iter().filter(|row| !row.block.six).count(), 26);
    for row in &rows {
        for number in row.block.samples() {
            let address = row.block.address(number);
            let counts = narrowest(&rows, row.block.six, number).unwrap();
            match counts.belljar {
                "refused" => assert!(is_forbidden_address(address), "{address}: {}", counts.text),
                "allowed" => assert!(!is_forbidden_address(address), "{address}: {}", counts.text),
                // The next test looks into it.
                kind => assert_eq!(kind, "as IPv4", "{}", counts.text),
            }
        }
    }
}

#[test]
fn an_embedded_address_is_refused_wherever_it_is_embedded() {
    let rows = rows();
    let four = rows.iter().filter(|row| !row.block.six).flat_map(|row| row.block.samples()).map(|n| n as u32);
    let public = [[1, 1, 1, 1], [8, 8, 8, 8], [93, 184, 216, 34], [223, 255, 255, 255]].map(u32::from_be_bytes);
    for four in four.chain(public) {
        let refused = is_forbidden_address(Ipv4Addr::from_bits(four).into());
        let row = narrowest(&rows, false, four.into());
        assert!(row.is_none_or(|row| refused || row.reachable == "yes"), "{}", Ipv4Addr::from_bits(four));
        for six in embeddings(four) {
            assert_eq!(is_refused_six(six), refused, "{}", Ipv6Addr::from_bits(six));
        }
        for six in closed(four) {
            assert!(is_refused_six(six), "{}", Ipv6Addr::from_bits(six));
        }
    }
    assert!(public.iter().all(|four| !is_forbidden_address(Ipv4Addr::from_bits(*four).into())));
}

#[test]
fn each_border_of_a_block_is_where_the_registries_have_it() {
    // What the registries leave out and Belljar refuses besides: multicast, and what is no unicast address.
    let besides = ["224.0.0.0/4", "::/3", "4000::/2", "8000::/1"].map(Block::parse);
    let rows = rows();
    let mut allowed = 0;
    for row in &rows {
        for number in [row.block.first.checked_sub(1), row.block.last.checked_add(1)].into_iter().flatten() {
            let one = Block { six: row.block.six, first: number, last: number };
            if !one.six && number > u128::from(u32::MAX) || narrowest(&rows, one.six, number).is_some() {
                continue;
            }
            let refused = besides.iter().any(|block| block.holds(one));
            allowed += u32::from(!refused);
            assert_eq!(is_forbidden_address(one.address(number)), refused, "{}", one.address(number));
        }
    }
    assert!(allowed > 30, "{allowed}");
}

#[test]
fn whole_ranges_outside_of_global_unicast_are_refused() {
    for text in ["::/8", "100::/8", "200::/7", "400::/6", "800::/5", "1000::/4", "4000::/3", "6000::/3", "8000::/3"]
        .into_iter()
        .chain(["a000::/3", "c000::/3", "e000::/4", "f000::/5", "f800::/6", "fe00::/9", "fec0::/10", "ff00::/8"])
    {
        let block = Block::parse(text);
        for number in
            block.samples().into_iter().filter(|number| number >> 32 != 0xffff && number >> 32 != 0x64_ff9b << 64)
        {
            assert!(is_refused_six(number), "{}", Ipv6Addr::from_bits(number));
        }
    }
    for text in ["2400::/12", "2600::/12", "2800::/12", "2a00::/12", "2c00::/12"] {
        for number in Block::parse(text).samples() {
            assert!(!is_refused_six(number), "{}", Ipv6Addr::from_bits(number));
        }
    }
}
