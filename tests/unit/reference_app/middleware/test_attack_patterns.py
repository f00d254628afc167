"""Attacks in addresses: the short look lets nothing pass that the long one finds."""

import re

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from reference_app.domain.errors import MalformedError
from reference_app.middleware.attack_patterns import ATTACKS, require_harmless

ANY_ATTACK = re.compile("|".join(ATTACKS), re.IGNORECASE)
SEEN_IN_ATTACKS = "<script javascript:union all select;drop table../\\or 1=1/etc/pas\u017fwd\u212a${jndi:}"
"""Letters that attacks are made of, and two (of s and k) that are ASCII only when case is ignored."""
MADE_UP = st.lists(
    st.one_of(
        st.sampled_from(["script", "javascript", "union", "select", "drop table", "..", "/etc/passwd"]),
        st.sampled_from(SEEN_IN_ATTACKS),
        st.characters(codec="utf-8"),
    ),
    max_size=12,
).map("".join)


@given(address=MADE_UP)
@example(address="/ETC/PA\u017f\u017fWD")
@example(address="a\x1funion\x1cselect")
@example(address="\u2003or\u20031=1")
def test_an_address_is_refused_exactly_if_it_holds_an_attack(address: str) -> None:
    if ANY_ATTACK.search(address):
        with pytest.raises(MalformedError):
            require_harmless(address)
    else:
        require_harmless(address)
