"""Which URLs and which IP addresses are asked at all."""

from __future__ import annotations

from ipaddress import ip_address

import pytest

from assets.web.rules import RefusedAddress, allowed_hosts, check_url, is_allowed, is_public, public_addresses

PRIVATE = [
    *("0.0.0.0", "0.1.2.3", "10.0.0.1", "100.64.0.1", "100.100.100.200", "127.0.0.1", "127.255.255.254"),
    *("169.254.169.254", "172.16.0.1", "172.31.255.255", "192.0.0.1", "192.0.2.1", "192.88.99.1", "192.168.0.1"),
    *("198.18.0.1", "198.51.100.7", "203.0.113.5", "224.0.0.1", "239.255.255.250", "240.0.0.1", "255.255.255.255"),
    *("::", "::1", "::127.0.0.1", "::8.8.8.8", "::ffff:10.0.0.1", "::ffff:127.0.0.1", "::ffff:0:127.0.0.1"),
    *("64:ff9b::10.0.0.1", "64:ff9b::169.254.169.254", "64:ff9b:1::8.8.8.8", "100::1", "2001::1"),
    *("2001:0:808:808::1", "2001:db8::1", "2002:7f00:1::1", "2002:a00:1::1", "3fff::1", "5f00::1", "fc00::1"),
    *("fd00:ec2::254", "fe80::1", "fe80::1%eth0", "fec0::1", "ff02::1", "ff0e::1"),
]
PUBLIC = [
    *("1.1.1.1", "8.8.8.8", "100.63.255.255", "100.128.0.1", "172.32.0.1", "192.167.255.255", "223.255.255.255"),
    *("2606:4700::1111", "2001:4860:4860::8888", "::ffff:8.8.8.8", "2002:808:808::1", "64:ff9b::8.8.8.8"),
]


@pytest.mark.parametrize("address", PRIVATE)
def test_addresses_off_the_open_internet_are_not_public(address):
    assert not is_public(ip_address(address))


@pytest.mark.parametrize("address", PUBLIC)
def test_addresses_of_the_open_internet_are_public(address):
    assert is_public(ip_address(address))


def _found(*addresses: str) -> list[tuple]:
    return [(None, None, None, "", (address, 80)) for address in addresses]


def test_one_private_address_among_public_ones_spoils_the_host():
    with pytest.raises(RefusedAddress, match=r"shop\.test is at 10\.0\.0\.1, not a public address"):
        public_addresses("shop.test", _found("8.8.8.8", "1.1.1.1", "8.8.4.4", "9.9.9.9", "1.0.0.1", "10.0.0.1"))


def test_of_many_public_addresses_only_a_few_are_tried():
    many = [f"8.8.8.{i}" for i in range(200)]
    assert public_addresses("shop.test", _found(*many, *many)) == many[:4]


@pytest.mark.parametrize(
    ("url", "why"),
    [
        ("file:///etc/passwd", "not an http or https address"),
        ("ftp://shop.test/a.jpg", "not an http or https address"),
        ("data:text/plain,hello", "not an http or https address"),
        ("//shop.test/a.jpg", "not an http or https address"),
        ("a.jpg", "not an http or https address"),
        ("", "not an http or https address"),
        ("http:///a.jpg", "no usable host"),
        ("http://a b/", "no usable host"),
        ("http://shop.test%00.evil.test/", "no usable host"),
        ("http://user@shop.test/", "user name or password"),
        ("https://user:word@shop.test/", "user name or password"),
        ("http://shop.test\\@127.0.0.1/", "user name or password"),
        ("http://shop.test:0/", "impossible port"),
        ("http://shop.test:65536/", "impossible port"),
        ("http://shop.test:x/", "not a URL"),
        ("http://[::1/", "not a URL"),
        ("http://shop.test/\r\nX: y", "not a URL"),
        ("http://0177.0.0.1/", "not a URL"),
        ("http://①②⑦.⓪.⓪.①/", "not a URL"),
    ],
)
def test_urls_that_are_refused_by_their_look(url, why):
    with pytest.raises(RefusedAddress, match=why):
        check_url(url)


@pytest.mark.parametrize(
    "url", ["http://shop.test/a.jpg?b#c", "https://shop.test:8443", "http://[2606:4700::1111]:80/"]
)
def test_ordinary_urls_pass(url):
    check_url(url)


def test_a_refusal_shows_neither_password_nor_query():
    with pytest.raises(RefusedAddress) as refused:
        check_url("https://user:word@shop.test/a?token=hidden")
    assert "word" not in str(refused.value).replace("password", "") and "hidden" not in str(refused.value)


def test_allowed_hosts_are_compared_as_urls_spell_them():
    hosts = allowed_hosts(" Localhost, 10.0.0.5:8080,[::1]:80 ,, ")
    assert is_allowed("localhost", 1234, hosts)
    assert is_allowed("10.0.0.5", 8080, hosts) and not is_allowed("10.0.0.5", 80, hosts)
    assert is_allowed("::1", 80, hosts) and not is_allowed("::1", 443, hosts)
    assert not is_allowed("evil.localhost", 80, hosts)
    assert allowed_hosts(None) == allowed_hosts("") == frozenset()


@pytest.mark.parametrize("entry", ["http://localhost", "localhost/x", "user@localhost", "::1", "localhost:port", ":80"])
def test_an_entry_that_is_no_host_is_named(entry):
    with pytest.raises(ValueError, match="is not a host"):
        allowed_hosts(f"fine.test,{entry}")
