"""Which network an address belongs to."""

import pytest

from solaris.sign_in.networks import NO_NETWORK, network_of, site_of


@pytest.mark.parametrize(
    ("address", "network", "site"),
    [
        ("192.0.2.77", "192.0.2.0/24", None),
        ("::ffff:192.0.2.1", "192.0.2.0/24", None),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64", "2001:db8:1::/48"),
        ("fe80::1%eth0", "fe80::/64", "fe80::/48"),
        ("127.0.0.1", "127.0.0.0/24", None),
        ("somewhere", NO_NETWORK, None),
        ("", NO_NETWORK, None),
        (None, NO_NETWORK, None),
    ],
)
def test_an_address_is_one_of_its_network(
    address: str | None, network: str, site: str | None
) -> None:
    assert network_of(address) == network
    assert site_of(address) == site
