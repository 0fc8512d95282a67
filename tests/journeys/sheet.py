"""A page as a person has it: its text, and its forms to fill in and send. Nothing is sent that is not on the page."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from html.parser import HTMLParser
from typing import Any

from django.test import Client


@dataclass
class PageForm:
    """A form of the page: what its fields hold, what each select offers (value → label), what its buttons say."""

    action: str
    method: str
    values: dict[str, str] = field(default_factory=dict)
    options: dict[str, dict[str, str]] = field(default_factory=dict)
    buttons: list[str] = field(default_factory=list)

    def fill(self, **typed: str) -> dict[str, str]:
        """The values to post. A select takes a label or a value it offers, nothing else."""
        values = dict(self.values)
        for name, text in typed.items():
            assert name in values or name in self.options, f"the form has no field {name}: {sorted(values)}"
            offered = self.options.get(name)
            if offered is not None and text not in offered:
                found = [value for value, label in offered.items() if text == label]
                found = found or [value for value, label in offered.items() if text in label]
                assert len(found) == 1, f"{name} offers {offered}, not {text}"
                text = found[0]
            values[name] = text
        return values


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.forms: list[PageForm] = []
        self.words: list[str] = []
        self._form: PageForm | None = None
        self._select = self._option = self._area = ""
        self._in_option = self._in_button = self._in_key = self._unseen = False
        self._radio: tuple[str, str] | None = None

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        at = {name: value or "" for name, value in attrs}
        if tag == "form":
            self._form = PageForm(at.get("action", ""), at.get("method", "get"))
            self.forms.append(self._form)
        self._unseen = tag in ("script", "style")
        self._in_key = tag == "kbd"
        form = self._form
        if form is None:
            return
        if tag == "input" and not at.get("name"):
            return  # it is for the browser alone and never sent
        if tag == "input" and at.get("type") == "checkbox":
            form.options.setdefault(at["name"], {"": "", "on": "on"})
            if "checked" in at:
                form.values[at["name"]] = "on"
        elif tag == "input" and at.get("type") == "radio":
            # The words of a radio button stand behind it, in the label around both.
            self._radio = at["name"], at.get("value", "")
            form.options.setdefault(at["name"], {})[at.get("value", "")] = ""
            if "checked" in at:
                form.values[at["name"]] = at.get("value", "")
        elif tag == "input" and at.get("name"):
            form.values[at["name"]] = at.get("value", "")
        elif tag == "select":
            self._select = at["name"]
            if "data-rows" not in at:  # what it offers comes later: it takes any value
                form.options[self._select] = {}
        elif tag == "option":
            self._option, self._in_option = at.get("value", ""), self._select in form.options
            form.options.get(self._select, {})[self._option] = ""
            if "selected" in at or self._select not in form.values:
                form.values[self._select] = self._option
        elif tag == "textarea":
            self._area = at["name"]
            form.values[self._area] = ""
        elif tag == "button":
            self._in_button = True
            form.buttons.append("")

    def handle_endtag(self, tag: str) -> None:
        if tag == "form":
            self._form = None
        elif tag == "option":
            self._in_option = False
        elif tag == "textarea":
            if self._form is not None:
                # A browser leaves out the line break that follows the opening tag.
                self._form.values[self._area] = self._form.values[self._area].removeprefix("\n")
            self._area = ""
        elif tag == "button":
            self._in_button = False
        elif tag == "label":
            self._radio = None
        elif tag == "kbd":
            self._in_key = False
        self._unseen = False

    def handle_data(self, data: str) -> None:
        if self._unseen:
            return
        self.words.append(data)
        if self._form is None:
            return
        if self._in_option:
            self._form.options[self._select][self._option] += data.strip()
        elif self._area:
            self._form.values[self._area] += data
        elif self._in_key:
            pass  # the key that is written on a button is no part of what it says
        elif self._in_button:
            self._form.buttons[-1] += data.strip()
        elif self._radio is not None:
            name, value = self._radio
            self._form.options[name][value] += data.strip()


@dataclass
class Sheet:
    """What came back: status, address after redirects, text, forms."""

    client: Client
    status: int
    url: str
    html: str
    text: str
    forms: list[PageForm]

    @property
    def buttons(self) -> list[str]:
        return [button for form in self.forms for button in form.buttons]

    def form(self, button: str) -> PageForm:
        """The first form with a button that says `button`."""
        found = [form for form in self.forms if button in form.buttons]
        assert found, f"no button {button}: {self.buttons}"
        return found[0]

    def press(self, button: str, **typed: str) -> Sheet:
        """Fill the form of `button` and send it, following the redirect."""
        form = self.form(button)
        return send(self.client, form.action, form.fill(**typed))

    def post(self, action: str, **typed: str) -> Sheet:
        """Post to an address the page does not offer, as somebody who knows it would: with the page's own token."""
        token = next(form.values["csrfmiddlewaretoken"] for form in self.forms if form.method == "post")
        return send(self.client, action, {"csrfmiddlewaretoken": token, **typed})


def send(client: Client, action: str, values: Mapping[str, Any]) -> Sheet:
    return read_answer(client, client.post(action, values, follow=True))


def go(client: Client, address: str) -> Sheet:
    return read_answer(client, client.get(address, follow=True))


def read_answer(client: Client, response: Any) -> Sheet:
    """What a test client's answer says."""
    html = response.content.decode()
    reader = _Reader()
    reader.feed(html)
    text = " ".join(" ".join(reader.words).split())
    return Sheet(client, response.status_code, response.request["PATH_INFO"], html, text, reader.forms)
