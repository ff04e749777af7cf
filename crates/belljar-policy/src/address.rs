//! Addresses that a tool never reaches by a name or a wide rule: private, local, special.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// Whether an address is private, loopback, link-local, multicast, a cloud's metadata service, or otherwise not
/// the public internet. IPv4 addresses inside IPv6 ones are taken out first.
pub fn is_forbidden_address(address: IpAddr) -> bool {
    match innermost_address(address) {
        IpAddr::V4(v4) => forbidden_v4(v4),
        IpAddr::V6(v6) => forbidden_v6(v6),
    }
}

/// Where packets to an address go in the end: an IPv6 address that holds an IPv4 address and leads to it (IPv4-mapped,
/// NAT64's well-known prefix, 6to4) becomes that one, every other address stays as it is.
pub fn innermost_address(address: IpAddr) -> IpAddr {
    let IpAddr::V6(v6) = address else { return address };
    match v6.segments() {
        [0, 0, 0, 0, 0, 0xffff, high, low] | [0x64, 0xff9b, 0, 0, 0, 0, high, low] | [0x2002, high, low, ..] => {
            Ipv4Addr::from_bits(u32::from(high) << 16 | u32::from(low)).into()
        }
        _ => address,
    }
}

fn forbidden_v4(address: Ipv4Addr) -> bool {
    let [a, b, c, _] = address.octets();
    matches!(
        (a, b, c),
        (0 | 10 | 127 | 224..=255, _, _)
            | (100, 64..=127, _)
            | (169, 254, _)
            | (172, 16..=31, _)
            | (192, 168, _)
            | (192, 0, 0 | 2)
            | (192, 88, 99)
            | (198, 18 | 19, _)
            | (198, 51, 100)
            | (203, 0, 113)
    ) || address == Ipv4Addr::new(168, 63, 129, 16)
}

/// For addresses that are no IPv4 address in disguise.
fn forbidden_v6(address: Ipv6Addr) -> bool {
    match address.segments() {
        // What is special within 2000::/3: protocol assignments (Teredo tunnels among them), documentation.
        [0x2001, 0..=0x01ff | 0xdb8, ..] | [0x3fff, 0..=0x0fff, ..] => true,
        // The public internet is 2000::/3. All else is local, multicast, special or not assigned.
        [first, ..] => first & 0xe000 != 0x2000,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn special_ranges_are_forbidden() {
        for text in [
            "127.0.0.1",
            "0.0.0.0",
            "10.1.2.3",
            "172.31.0.1",
            "192.168.1.1",
            "169.254.169.254",
            "100.64.0.1",
            "100.100.100.200",
            "168.63.129.16",
            "224.0.0.1",
            "255.255.255.255",
            "198.18.0.1",
            "::",
            "::1",
            "::7f00:1",
            "::ffff:10.0.0.1",
            "64:ff9b::7f00:1",
            "2002:7f00:1::",
            "2001:0:1::1",
            "fc00::1",
            "fd00:ec2::254",
            "fe80::1",
            "fec0::1",
            "ff02::1",
            "2001:db8::1",
        ] {
            assert!(is_forbidden_address(text.parse().unwrap()), "{text}");
        }
        for text in ["1.1.1.1", "93.184.216.34", "172.32.0.1", "2606:4700::1111", "::ffff:1.1.1.1", "64:ff9b::101:101"]
        {
            assert!(!is_forbidden_address(text.parse().unwrap()), "{text}");
        }
    }

    #[test]
    fn the_metadata_services_of_clouds_are_forbidden() {
        for text in [
            "169.254.169.254",
            "169.254.170.2",
            "100.100.100.200",
            "168.63.129.16",
            "192.0.0.192",
            "fd00:ec2::254",
            "fd00:ec2::23",
            "fd20:ce::254",
            "fd00:c1::a9fe:a9fe",
            "fd00:42::42",
            "fe80::a9fe:a9fe",
        ] {
            let address: IpAddr = text.parse().unwrap();
            assert!(is_forbidden_address(address), "{text}");
            if let IpAddr::V4(v4) = address {
                let [a, b, c, d] = v4.octets().map(u16::from);
                let (high, low) = (a << 8 | b, c << 8 | d);
                for six in [
                    v4.to_ipv6_mapped(),
                    v4.to_ipv6_compatible(),
                    Ipv6Addr::new(0x64, 0xff9b, 0, 0, 0, 0, high, low),
                    Ipv6Addr::new(0x64, 0xff9b, 1, 0, 0, 0, high, low),
                    Ipv6Addr::new(0x2002, high, low, 0, 0, 0, 0, 1),
                ] {
                    assert!(is_forbidden_address(six.into()), "{six}");
                }
            }
        }
    }

    #[test]
    fn the_innermost_address_is_where_packets_go() {
        for (outer, inner) in [
            ("1.2.3.4", "1.2.3.4"),
            ("::ffff:1.2.3.4", "1.2.3.4"),
            ("64:ff9b::1.2.3.4", "1.2.3.4"),
            ("2002:102:304:5::6", "1.2.3.4"),
            ("::1", "::1"),
            ("2606:4700::1111", "2606:4700::1111"),
            // Nothing leads to these: they are refused as they are.
            ("::1.2.3.4", "::102:304"),
            ("64:ff9b:1::1.2.3.4", "64:ff9b:1::102:304"),
        ] {
            let (outer, inner): (IpAddr, IpAddr) = (outer.parse().unwrap(), inner.parse().unwrap());
            assert_eq!(innermost_address(outer), inner, "{outer}");
        }
    }
}
