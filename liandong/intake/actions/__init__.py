"""Writes of intake. Each file is one thought; the verbs are offered together here."""

from liandong.intake.actions.accept import accept_order, accept_orders
from liandong.intake.actions.coming import keep_piece, note_refusal, take_down_coming
from liandong.intake.actions.documents import add_document, see_document, take_down_document
from liandong.intake.actions.exports import ask_export, caller_text, decide_export, export_orders, most_rows
from liandong.intake.actions.foreign import keep_foreign_codes
from liandong.intake.actions.locks import lock_matter, lock_matter_numbered, lock_matters_ahead, lock_order_numbered
from liandong.intake.actions.matters import (
    close_if_done,
    confine,
    count_transfer,
    lay_open,
    let_see,
    mark_problem,
    running_custody,
    set_custody,
    trace,
)
from liandong.intake.actions.mirrors import mirror_order
from liandong.intake.actions.orders import (
    answer,
    close_for_transfer,
    complete,
    conclude_for_transfer,
    confirm,
    drop,
    guide,
    hand,
    not_satisfied,
    open_for_transfer,
    overdue,
    reopen_for_transfer,
    resume,
    send_back,
    show_clock,
    silence,
    start,
)
from liandong.intake.actions.people import link, reveal_caller, search_phone, urge
from liandong.intake.actions.rows import load_codes, load_limits, load_parameters
from liandong.intake.actions.saved import drop_list, save_list
from liandong.intake.actions.sorting import sort_words_in

__all__ = [
    "accept_order",
    "accept_orders",
    "add_document",
    "answer",
    "ask_export",
    "caller_text",
    "close_for_transfer",
    "close_if_done",
    "complete",
    "conclude_for_transfer",
    "confine",
    "confirm",
    "count_transfer",
    "decide_export",
    "drop",
    "drop_list",
    "export_orders",
    "guide",
    "hand",
    "keep_foreign_codes",
    "keep_piece",
    "lay_open",
    "let_see",
    "link",
    "load_codes",
    "load_limits",
    "load_parameters",
    "lock_matter",
    "lock_matter_numbered",
    "lock_matters_ahead",
    "lock_order_numbered",
    "mark_problem",
    "mirror_order",
    "most_rows",
    "not_satisfied",
    "note_refusal",
    "open_for_transfer",
    "overdue",
    "reopen_for_transfer",
    "resume",
    "reveal_caller",
    "running_custody",
    "save_list",
    "search_phone",
    "see_document",
    "send_back",
    "set_custody",
    "show_clock",
    "silence",
    "sort_words_in",
    "start",
    "take_down_coming",
    "take_down_document",
    "trace",
    "urge",
]
