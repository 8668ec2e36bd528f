"""Single sign-on: a provider over HTTP, tokens that it signs, groups that give roles."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from joserfc.jwk import OctKey, RSAKey

from tests.integration.provider import OpenIdProvider
from tests.integration.test_identity import HERE, House
from tieout.security import EndPerson, Joined, change_authority, load_authority
from tieout.security.identity import SignInError
from tieout.security.identity.single_sign_on import Provider, Vouched
from tieout.security.people import SIGN_ON, AuthorityError
from tieout.settings import SignOn
from tieout.store import Database
from tieout_sandbox.ports import free_ports
from tieout_sandbox.simkit import serve

BACK = "https://books.example.com/api/v1/sign-in/sso/back"
GROUPS = {"finance": (("viewer", "*"),), "controllers-us": (("controller", "US"), ("viewer", "US"))}


class Company(House):
    """A house with a sign-on of its own."""

    def __init__(self, database: Database) -> None:
        super().__init__(database)
        self.start()
        self.second()
        port = free_ports(["provider"])["provider"]
        self.provider = OpenIdProvider(f"http://127.0.0.1:{port}", lambda: self.at)
        serve({port: self.provider})
        self.config = SignOn(self.provider.issuer, "tieout", "s", GROUPS)
        self.client = Provider(self.config)

    def come(self, browser: str = "", **person: Any) -> Vouched:
        told = {"sub": "u-1", "preferred_username": "Vic.Tor@example.com", "email": "vic@example.com",
                "email_verified": True, "groups": ["finance"], **person}  # fmt: skip
        address, mine = self.client.start(self.c, BACK, self.at, HERE)
        state, code = self.provider.sign_in(address, **told)
        return self.client.finish(self.c, state, code, browser or mine, self.at, HERE)

    def roles(self, name: str) -> set[tuple[str, str]]:
        return {(g.role, g.entity) for g in load_authority(self.c).people[name].grants}


@pytest.fixture
def company(database: Database) -> Iterator[Company]:
    made = Company(database)
    yield made
    made.c.close()


def test_somebody_of_a_group_joins_and_gets_what_it_gives(company: Company) -> None:
    vouched = company.come(amr=["pwd", "mfa"])
    assert vouched == Vouched("vic.tor", True) and company.roles("vic.tor") == {("viewer", "*")}
    signed = company.identity.sign_on(vouched.name, vouched.second_factor, HERE)
    assert signed.session.full and signed.session.via == "sso" and company.live(signed)
    assert company.evidence("authority.joined") == 1
    # Nothing changed: nothing is written again.
    company.come()
    assert company.evidence("authority.joined") == 1


def test_another_group_gives_other_roles_and_none_takes_them(company: Company) -> None:
    company.come()
    company.come(groups=["controllers-us"])
    assert company.roles("vic.tor") == {("controller", "US"), ("viewer", "US")}
    vouched = company.come(groups=["controllers-us"], amr=["pwd"])
    # What the provider does not vouch for is asked for here.
    assert company.identity.sign_on(vouched.name, vouched.second_factor, HERE).next == "enrol"
    company.come(groups=[])
    assert company.roles("vic.tor") == set()
    company.come(groups="finance")
    assert company.roles("vic.tor") == set()


def test_what_two_administrators_granted_stays_beside_the_groups(company: Company) -> None:
    company.join("vic", "operator")
    from tieout.security import AddPerson

    company.two(AddPerson(name="vic", human=True, names=("vic@example.com",), key_sha256=""))
    assert company.come().name == "vic"
    assert company.roles("vic") == {("operator", "*"), ("viewer", "*")}
    company.come(groups=[])
    assert company.roles("vic") == {("operator", "*")}


def test_nobody_without_a_group_or_who_was_let_go_comes_in(company: Company) -> None:
    with pytest.raises(SignInError, match="none of your groups"):
        company.come(groups=["cleaning"])
    company.come()
    company.change(EndPerson(name="vic.tor"), "ada")
    with pytest.raises(SignInError, match="not let in here any more"):
        company.come()
    assert company.evidence("identity.refused") == 2


def test_an_address_that_is_not_verified_or_is_given_to_another_makes_nobody_somebody(
    company: Company,
) -> None:
    company.come()
    with pytest.raises(SignInError, match="knows as somebody else"):
        company.come(sub="u-2")
    vouched = company.come(sub="u-2", email_verified=False)
    assert vouched.name == "vic.tor-2"


def test_a_group_makes_no_administrator_and_only_the_sign_on_says_who_joined(company: Company) -> None:
    with pytest.raises(AuthorityError, match="never by a group"), company.c.transaction():
        joined = Joined(name="eve", names=(), roles=(("administrator", "*"),))
        change_authority(company.c, joined, SIGN_ON, company.at)
    with pytest.raises(AuthorityError, match="only the company's sign-on"):
        company.change(Joined(name="eve", names=(), roles=(("controller", "*"),)), "ada")


@pytest.mark.parametrize(
    "tamper",
    [
        {"iss": "https://evil.example"}, {"aud": "another"}, {"aud": ["tieout", "another"]}, {"nonce": "other"},
        {"nonce": None}, {"exp": 1}, {"exp": None}, {"azp": "another"}, {"iat": None}, {"sub": None},
        {"iat": 4102444800},
    ],
)  # fmt: skip
def test_a_token_that_is_not_for_us_now_is_refused(company: Company, tamper: dict[str, Any]) -> None:
    company.provider.tamper = tamper
    with pytest.raises(SignInError, match="does not hold"):
        company.come()
    assert "vic.tor" not in load_authority(company.c).people


@pytest.mark.parametrize("way", ["another key", "shared secret", "none"])
def test_a_token_that_the_provider_did_not_sign_is_refused(company: Company, way: str) -> None:
    if way == "another key":
        company.provider.sign_with = RSAKey.generate_key(2048, {"kid": "k1"})
    elif way == "shared secret":
        # The client's own secret signs: whoever knows it would be anybody.
        company.provider.sign_with, company.provider.header = OctKey.import_key("s" * 32), {"alg": "HS256"}
    else:
        company.provider.unsigned = True
    with pytest.raises(SignInError, match="does not hold"):
        company.come()
    assert "vic.tor" not in load_authority(company.c).people


def test_the_providers_keys_may_change(company: Company) -> None:
    company.come()
    company.provider.key = company.provider.sign_with = RSAKey.generate_key(
        2048, {"kid": "k2", "alg": "RS256"}
    )
    company.provider.header = {"alg": "RS256", "kid": "k2"}
    assert company.come().name == "vic.tor" and company.provider.key_reads == 2


def test_who_comes_back_is_who_began_once_and_soon(company: Company) -> None:
    with pytest.raises(SignInError, match="did not succeed"):
        company.come(browser="another")
    address, browser = company.client.start(company.c, BACK, company.at, HERE)
    state, code = company.provider.sign_in(address, preferred_username="vic", groups=["finance"])
    company.client.finish(company.c, state, code, browser, company.at, HERE)
    with pytest.raises(SignInError):
        company.client.finish(company.c, state, code, browser, company.at, HERE)
    address, browser = company.client.start(company.c, BACK, company.at, HERE)
    state, code = company.provider.sign_in(address, preferred_username="vic", groups=["finance"])
    with pytest.raises(SignInError):
        company.client.finish(company.c, state, code, browser, company.at + timedelta(minutes=10), HERE)
    address, browser = company.client.start(company.c, BACK, company.at, HERE)
    state, _ = company.provider.sign_in(address, preferred_username="vic", groups=["finance"])
    with pytest.raises(SignInError):
        company.client.finish(company.c, state, "stolen", browser, company.at, HERE)


def test_a_provider_that_is_another_is_not_https_or_does_not_answer_is_refused(company: Company) -> None:
    company.provider.discovered = "https://evil.example"
    with pytest.raises(SignInError, match="says that it is another"):
        company.come()
    for issuer, says in (("http://192.0.2.1/x", "not https"), ("http://127.0.0.1:1", "does not answer")):
        with pytest.raises(SignInError, match=says):
            Provider(replace(company.config, issuer=issuer)).start(company.c, BACK, company.at, HERE)
