"""Writes of the exchange between nodes: post what others must hear, take in what they say, let a chain out."""

from liandong.peers.actions.again import send_again
from liandong.peers.actions.apart import see_parcel, settle_parcel
from liandong.peers.actions.attaching import top_up
from liandong.peers.actions.comparing import compare_now
from liandong.peers.actions.courier import carry, turn
from liandong.peers.actions.dead import set_aside, try_again, try_all
from liandong.peers.actions.deposits import lengthen
from liandong.peers.actions.exports import export_chain
from liandong.peers.actions.post import number_waiting, post, post_matter
from liandong.peers.actions.receiving import Pushed, take_pushed
from liandong.peers.actions.reconciling import ask, reconcile_due
from liandong.peers.actions.setback import wait_no_longer
from liandong.peers.actions.settling import settle_stored
from liandong.peers.actions.tables import tell_tables
from liandong.peers.actions.taking import keep_message, keep_messages, take_in
from liandong.peers.actions.visitors import who_comes

__all__ = [
    "Pushed",
    "ask",
    "carry",
    "compare_now",
    "export_chain",
    "keep_message",
    "keep_messages",
    "lengthen",
    "number_waiting",
    "post",
    "post_matter",
    "reconcile_due",
    "see_parcel",
    "send_again",
    "set_aside",
    "settle_parcel",
    "settle_stored",
    "take_in",
    "take_pushed",
    "tell_tables",
    "top_up",
    "try_again",
    "try_all",
    "turn",
    "wait_no_longer",
    "who_comes",
]
