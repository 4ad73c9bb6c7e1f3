"""Where a channel may send to: every spelling of an internal address is refused."""

import socket

import pytest
from hypothesis import given
from hypothesis import strategies as st

from solaris.channels.addresses import AllowedHosts, UrlRefusedError, is_refused, target_of

NOBODY = AllowedHosts()
INTERNAL = (
    *("127.0.0.1", "127.8.8.8", "0.0.0.0", "10.0.0.1", "172.16.5.4"),  # noqa: S104 - refused, not bound
    "192.168.1.1",
    *("169.254.169.254", "169.254.170.2", "100.64.0.1", "100.100.100.200", "168.63.129.16"),
    *("192.0.0.192", "198.18.0.1", "192.0.2.1", "203.0.113.9", "224.0.0.1", "239.255.255.250"),
    *("240.0.0.1", "255.255.255.255", "192.88.99.1"),
    *("::1", "::", "fe80::1", "fec0::1", "fc00::1", "fd00:ec2::254", "ff02::1", "2001:db8::1"),
    *("::ffff:127.0.0.1", "::ffff:169.254.169.254", "::ffff:10.0.0.1", "::127.0.0.1"),
    *("64:ff9b::7f00:1", "64:ff9b::169.254.169.254", "64:ff9b:1::1", "2002:7f00:1::"),
    *("2001::1", "100::1", "3fff::1", "5f00::1", "fe80::1%eth0", "no address"),
)
PUBLIC = ("8.8.8.8", "52.12.3.4", "2606:4700::1111", "64:ff9b::808:808", "::ffff:8.8.8.8")


def rule_of(url: str, allowed: AllowedHosts = NOBODY) -> str | None:
    try:
        target_of(url, allowed)
    except UrlRefusedError as error:
        return error.rule
    return None


@pytest.mark.parametrize("address", INTERNAL)
def test_nothing_is_sent_to_an_internal_address(address: str) -> None:
    assert is_refused(address, target_of("https://hooks.example.com", NOBODY), NOBODY)


@pytest.mark.parametrize("address", PUBLIC)
def test_the_public_internet_is_sent_to(address: str) -> None:
    assert not is_refused(address, target_of("https://hooks.example.com", NOBODY), NOBODY)


@given(st.ip_addresses(v=4))
def test_an_address_is_as_public_in_whatever_coat(address: object) -> None:
    target = target_of("https://hooks.example.com", NOBODY)
    plain = is_refused(str(address), target, NOBODY)
    packed = socket.inet_aton(str(address)).hex()
    for coat in (f"::ffff:{address}", f"64:ff9b::{address}", f"2002:{packed[:4]}:{packed[4:]}::1"):
        assert is_refused(coat, target, NOBODY) == plain


@pytest.mark.parametrize(
    ("url", "rule"),
    [
        ("http://hooks.example.com/", "channel_url_https"),
        ("ftp://hooks.example.com/", "channel_url_https"),
        ("//hooks.example.com/", "channel_url_https"),
        ("https://", "channel_url_wrong"),
        ("https:///path", "channel_url_wrong"),
        ("https://ana:secret@hooks.example.com/", "channel_url_credentials"),
        ("https://hooks.example.com@127.0.0.1/", "channel_url_credentials"),
        ("https://:@hooks.example.com/", "channel_url_credentials"),
        ("https://hooks.example.com:22/", "channel_url_port"),
        ("https://hooks.example.com:80/", "channel_url_port"),
        ("https://hooks.example.com:0/", "channel_url_port"),
        ("https://hooks.example.com:99999/", "channel_url_wrong"),
        ("https://hooks.example.com:x/", "channel_url_wrong"),
        ("https://hooks.example.com/#part", "channel_url_wrong"),
        ("https://hooks.example.com\\@127.0.0.1/", "channel_url_wrong"),
        ("https://hooks example.com/", "channel_url_wrong"),
        ("https://hooks.example.com/a\nb", "channel_url_wrong"),
        ("https://höoks.example.com/", "channel_url_wrong"),
        ("https://hooks.example.com./", "channel_url_wrong"),
        ("https://2130706433/", "channel_url_wrong"),
        ("https://0x7f000001/", "channel_url_wrong"),
        ("https://0x7f.1/", "channel_url_wrong"),
        ("https://017700000001/", "channel_url_wrong"),
        ("https://0177.0.0.1/", "channel_url_wrong"),
        ("https://127.1/", "channel_url_wrong"),
        ("https://127.0.0.1./", "channel_url_wrong"),
        ("https://[fe80::1%25eth0]/", "channel_url_wrong"),
        ("https://[::1/", "channel_url_wrong"),
        ("https://hooks.example.com/" + "a" * 2_000, "channel_url_wrong"),
    ],
)
def test_a_url_is_refused_by_a_rule(url: str, rule: str) -> None:
    assert rule_of(url) == rule


@pytest.mark.parametrize(
    "url",
    [
        "https://hooks.slack.com/services/T0/B0/x",
        "https://prod-12.westeurope.logic.azure.com:443/workflows/1/triggers/manual?sig=a%2Fb",
        "https://hooks.example.com:8443/a?b=c&d",
        "https://1.1.1.1/",
        "https://[2606:4700::1111]/",
        "https://a_b.example.com/",
    ],
)
def test_an_ordinary_url_is_taken(url: str) -> None:
    assert rule_of(url) is None


def test_an_allowed_name_may_be_inside_by_http_and_on_any_port() -> None:
    allowed = AllowedHosts.of(["alerts.intranet"])
    target = target_of("http://alerts.intranet:81/", allowed)
    assert not is_refused("10.1.2.3", target, allowed)
    assert not is_refused("127.0.0.1", target, allowed)
    other = target_of("https://other.intranet/", allowed)
    assert is_refused("10.1.2.3", other, allowed)


@pytest.mark.parametrize("address", ["169.254.169.254", "fd00:ec2::254", "::ffff:169.254.169.254"])
def test_an_allowed_name_never_leads_to_a_metadata_service(address: str) -> None:
    allowed = AllowedHosts.of(["alerts.intranet"])
    assert is_refused(address, target_of("https://alerts.intranet/", allowed), allowed)


def test_an_allowed_network_allows_each_address_in_it() -> None:
    allowed = AllowedHosts.of(["10.1.0.0/16", "fd12::/16"])
    target = target_of("https://hooks.example.com/", allowed)
    assert not is_refused("10.1.2.3", target, allowed)
    assert not is_refused("::ffff:10.1.2.3", target, allowed)
    assert not is_refused("fd12::7", target, allowed)
    assert is_refused("10.2.0.1", target, allowed)
    assert rule_of("http://10.1.2.3:81/", allowed) is None
    assert rule_of("http://hooks.example.com/", allowed) == "channel_url_https"


@given(st.text(max_size=60))
def test_any_text_is_taken_or_refused(text: str) -> None:
    for url in (text, f"https://{text}", f"https://hooks.example.com/{text}"):
        rule_of(url)
