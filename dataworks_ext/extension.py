"""Message in, decision out."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from datetime import datetime
from typing import TYPE_CHECKING, Any, Final

from .context import MessageScope, Request, in_utc, utc_now
from .decision import VERDICT_OF, Choice, Decision, Reason, Verdict, combine, shorten
from .errors import FieldError, RegistrationError
from .evaluation import evaluate
from .events import Event, EventError, catalog, event_class
from .message import Message
from .pack import NoSettings, PolicyPack
from .plan import Plan, plan_of
from .policy import EVERY_EVENT, Observer, Policy, Registration, one_of
from .settings import Configuration, missing, read_configuration
from .texts import TEXTS, Language, with_request

if TYPE_CHECKING:
    from .exemption import Exemption, Exemptions

_OK: Final = Verdict.OK
_NO_OBJECTION: Final = Decision(Verdict.OK, "")
_NO_REQUEST: Final = Request()


class Extension(PolicyPack[NoSettings]):
    """The packs that are deployed together. It is a pack itself, for an extension in one file.

    Args:
        name: Its name in records.
        packs: In the order in which their policies run; the extension's own policies run last.
        default: The answer to an event without a policy.
        language: Of the texts that a person sees; `DATAWORKS_EXT_LANGUAGE` overrides it.
        version: Its version in records.
        exemptions: What does not apply to whom, until when; `DATAWORKS_EXT_EXEMPTIONS` adds others.
        owner: Who answers for the extension's own policies.
        url: Where to read more about them.
        asks: The operations of DataWorks' OpenAPI that they ask with `context.ask`.

    Raises:
        RegistrationError: Packs that conflict, or an exemption that ends too late, with what to write instead.
    """

    def __init__(
        self,
        name: str,
        packs: Iterable[PolicyPack[Any]] = (),
        *,
        default: Choice = "allow",
        language: Language = "en",
        version: str = "",
        exemptions: Iterable[Exemption] = (),
        owner: str | None = None,
        url: str | None = None,
        asks: Iterable[str] = (),
    ) -> None:
        super().__init__(name, owner=owner, url=url, asks=asks)
        self.packs = _distinct(name, packs)
        self._asks = {pack.name: pack.asks for pack in (*self.packs, self)}
        self.default = one_of(f"extension {name}", "default", default, Choice)
        self.language = one_of(f"extension {name}", "language", language, Language)
        self.version = version
        self.exemptions = _granted(name, exemptions)
        self._configuration: Configuration | None = None
        self._policy_plans: dict[object, Plan] = {}
        self._observer_plans: dict[object, Plan] = {}

    @property
    def policies(self) -> tuple[Policy, ...]:
        """The policies of all packs, in the order in which they run."""
        return (*(policy for pack in self.packs for policy in pack.policies), *super().policies)

    @property
    def observers(self) -> tuple[Observer, ...]:
        """The observers of all packs, in the order in which they are told."""
        return (*(observer for pack in self.packs for observer in pack.observers), *super().observers)

    @property
    def configuration(self) -> Configuration:
        """The configuration from the environment. Read at first use, unless `configure` was called."""
        return self._configuration or self.configure(os.environ)

    def configure(self, environment: Mapping[str, str]) -> Configuration:
        """Read settings, modes and language from an environment, replacing what was read before.

        Nothing can be registered afterwards.
        """
        for pack in (*self.packs, self):
            pack.close()
        return self.adopt(self.configuration_in(environment))

    def configuration_in(self, environment: Mapping[str, str]) -> Configuration:
        """What an environment says, which changes nothing."""
        classes = {pack.name: pack.settings_class for pack in (*self.packs, self)}
        registered = (*self.policies, *self.observers)
        return read_configuration(classes, registered, self.language, environment, self.exemptions)

    def adopt(self, configuration: Configuration) -> Configuration:
        """Use a configuration as it is, whatever the environment contains."""
        self._policy_plans, self._observer_plans = {}, {}
        self._configuration = configuration
        return configuration

    def decide(self, subject: Message | Event | MessageScope, request: Request = _NO_REQUEST) -> Decision:
        """Run every policy that is registered for the event. Whatever a policy does, there is a decision.

        Args:
            subject: A message, or an event as it would arrive in one.
            request: The circumstances, unless the subject is a scope, which has its own.

        Raises:
            KeyboardInterrupt: Somebody interrupts a policy outside the deployed function; likewise what a test runner
                ends a test with (`pytest.fail`, `pytest.skip`).
        """
        scope = subject if isinstance(subject, MessageScope) else MessageScope.of(subject, request)
        decision = self._decision(scope)
        if _listeners:
            _tell(scope.message, decision)
        return decision

    def notify(self, subject: Message | Event | MessageScope, request: Request = _NO_REQUEST) -> tuple[Reason, ...]:
        """Tell every observer that is registered for the event.

        Args: as for `decide`.

        Returns:
            One reason for each observer that failed, with its error.
        """
        scope = subject if isinstance(subject, MessageScope) else MessageScope.of(subject, request)
        if scope.message.contradiction is not None:
            return ()
        code = scope.message.event_code
        plan = self._observer_plans.get(code) or self._find_plan(self._observer_plans, self.observers, scope)
        if not plan.steps:
            return ()
        scope.language, scope.asks = self.configuration.language, self._asks
        reasons = evaluate(plan, scope)
        return tuple(reason for reason in reasons if reason.error is not None)

    def _decision(self, scope: MessageScope) -> Decision:
        if not scope.message.blocking:
            return _NO_OBJECTION
        if scope.message.contradiction is not None:
            return self._contradicted(scope)
        code = scope.message.event_code
        plan = self._policy_plans.get(code) or self._find_plan(self._policy_plans, self.policies, scope)
        if not plan.steps:
            return self._without_policy(scope)
        configuration = self._configuration or self.configuration  # a property costs a call for every message
        scope.language, scope.asks = configuration.language, self._asks
        reasons = evaluate(plan, scope)
        if configuration.exemptions is not None:
            reasons = _exempted(reasons, configuration.exemptions, scope)
        return combine(reasons)

    def _find_plan(self, plans: dict[object, Plan], registered: Sequence[Registration], scope: MessageScope) -> Plan:
        """The plan for a message. It is kept by event code, and where modes vary by what they depend on, too.

        Plans are kept for the codes of the catalog only, since anybody may send others.
        """
        code, modes = scope.message.event_code, self.configuration.modes
        key: object = code
        workspace_id = None
        if modes.vary:
            workspace_id = _workspace_of(scope) if modes.in_workspaces else None
            key = (code, modes.variant(scope.now, workspace_id))
            if key in plans:
                return plans[key]
        plan = self._plan(registered, code, scope.now, workspace_id)
        if code in catalog:
            plans[key] = plan
        return plan

    def _plan(self, registered: Sequence[Registration], code: str, now: datetime, workspace_id: int | None) -> Plan:
        """Who is registered for the event code, is not off, and has the settings it needs."""
        configuration = self.configuration
        settings, modes = configuration.settings, configuration.modes
        overriding = {pack.name for pack in self.packs if pack.options_override}
        steps = (
            (entry, in_force, settings[entry.pack], Event if EVERY_EVENT in entry.events else event_class(code))
            for entry in registered
            if (EVERY_EVENT in entry.events or code in entry.events)
            and (in_force := modes.of(entry.id, now, workspace_id)).mode != "off"
            and (entry.pack in overriding or not missing(entry.needs, settings[entry.pack]))
        )
        return plan_of(steps, overriding)

    def _contradicted(self, scope: MessageScope) -> Decision:
        language = self.configuration.language
        return Decision(Verdict.FAIL, with_request(language, TEXTS[language].contradicted, scope.request.id))

    def _without_policy(self, scope: MessageScope) -> Decision:
        if self.default == "allow":
            return _NO_OBJECTION
        language = self.configuration.language
        text = TEXTS[language].no_policy.format(event=shorten(scope.message.event_code, 100))
        return Decision(VERDICT_OF[self.default], with_request(language, text, scope.request.id))


def _exempted(reasons: list[Reason], exemptions: Exemptions, scope: MessageScope) -> list[Reason]:
    """The reasons, each objection and failure with the exemption that takes its effect away."""
    objections = [policy for policy, verdict, _, _, _, error, _ in reasons if verdict is not _OK or error is not None]
    if not objections:
        return reasons
    now = scope.now if scope.request.as_of is None else in_utc(scope.request.as_of)
    found = exemptions.of(objections, _readable_event(scope), now)
    if not found:
        return reasons
    return [
        reason._replace(exempted_by=found[reason.policy]) if reason.policy in found else reason for reason in reasons
    ]


def _readable_event(scope: MessageScope) -> Event | None:
    """The event as its own class, whichever the policies asked for; None if nothing of it can be read."""
    try:
        return scope.event(event_class(scope.message.event_code))
    except EventError:
        return None


def _workspace_of(scope: MessageScope) -> int | None:
    """The workspace of the event; None if it has none, or it cannot be read."""
    try:
        return scope.any_event().workspace_id
    except (EventError, FieldError):
        return None


Listener = Callable[[Message, Decision], None]
_listeners: tuple[Listener, ...] = ()


def listen(listener: Listener) -> Callable[[], None]:
    """Call a function after each decision of any extension in this process, on the thread that decided.

    What the listener raises changes nothing.

    Returns:
        A function that removes the listener.
    """
    global _listeners
    _listeners = (*_listeners, listener)  # a new tuple, so that a thread that decides now needs no lock

    def remove() -> None:
        global _listeners
        _listeners = tuple(other for other in _listeners if other is not listener)

    return remove


def _tell(message: Message, decision: Decision) -> None:
    for listener in _listeners:
        with suppress(Exception):
            listener(message, decision)


def _granted(name: str, exemptions: Iterable[Exemption]) -> tuple[Exemption, ...]:
    if not exemptions:
        return ()
    from .exemption import Exemption  # few extensions have any

    granted = () if isinstance(exemptions, Exemption) else tuple(exemptions)
    if not granted or not all(isinstance(exemption, Exemption) for exemption in granted):
        raise RegistrationError(f"extension {name}: exemptions should be a list of Exemptions, got {exemptions!r}")
    built = utc_now()
    for exemption in granted:
        exemption.require_term(built)
    return granted


def _distinct(name: str, packs: Iterable[PolicyPack[Any]]) -> tuple[PolicyPack[Any], ...]:
    if isinstance(packs, PolicyPack):
        raise RegistrationError(f"extension {name}: packs should be a list; write packs=[{packs.name}]")
    packs = tuple(packs)
    names = {name}
    for pack in packs:
        if not isinstance(pack, PolicyPack) or isinstance(pack, Extension):
            raise RegistrationError(f"extension {name}: packs should hold PolicyPack objects, got {pack!r}")
        if pack.name in names:
            raise RegistrationError(
                f"extension {name}: two packs are called {pack.name}; policy ids and settings could not tell them apart"
            )
        names.add(pack.name)
    return packs
