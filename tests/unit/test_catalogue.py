"""Which repository a ticket is about."""

from decimal import Decimal

import pytest

from agent.domain.ids import TicketKey
from agent.domain.repository import Repository
from agent.domain.ticket import Ticket
from workflows.catalogue import ConfiguredCatalogue, RepositoryEntry
from workflows.state import Policy


def entry(
    name: str,
    projects: tuple[str, ...] = (),
    components: tuple[str, ...] = (),
    labels: tuple[str, ...] = (),
) -> RepositoryEntry:
    return RepositoryEntry(
        repository=Repository(name=name, git_url=f"https://github.com/{name}.git"),
        projects=projects,
        components=components,
        labels=labels,
        policy=Policy(model=f"model of {name}", budget_usd=Decimal(1)),
    )


def ticket(
    description: str = "", components: tuple[str, ...] = (), labels: tuple[str, ...] = ()
) -> Ticket:
    return Ticket(
        key=TicketKey("PAY-7"),
        summary="Refunds",
        description=description,
        status="To Do",
        is_done=False,
        assignee=None,
        components=components,
        labels=labels,
        url="https://jira.example.com/browse/PAY-7",
    )


def chosen(of: Ticket, *entries: RepositoryEntry) -> str | None:
    repository, _question = ConfiguredCatalogue(entries=entries).repository_of(of)
    return repository.name if repository else None


PROJECT = entry("acme/by-project", projects=("PAY",))
LABEL = entry("acme/by-label", labels=("refunds",))
COMPONENT = entry("acme/by-component", components=("Billing",))
LINK = entry("acme/by-link")


def test_the_project_alone_is_enough() -> None:
    assert chosen(ticket(), PROJECT, LABEL, COMPONENT, LINK) == "acme/by-project"


def test_a_label_is_stronger_than_the_project() -> None:
    labelled = ticket(labels=("refunds",))
    assert chosen(labelled, PROJECT, LABEL, COMPONENT, LINK) == "acme/by-label"


def test_a_component_is_stronger_than_project_and_label_together() -> None:
    both = entry("acme/both", projects=("PAY",), labels=("refunds",))
    claimed = ticket(labels=("refunds",), components=("billing",))
    assert chosen(claimed, both, COMPONENT) == "acme/by-component"


def test_a_name_in_the_text_is_stronger_than_everything_else() -> None:
    rest = entry("acme/rest", projects=("PAY",), labels=("refunds",), components=("Billing",))
    named = ticket("Please change acme/by-link.", components=("Billing",), labels=("refunds",))
    assert chosen(named, rest, LINK) == "acme/by-link"


@pytest.mark.parametrize(
    "text", ["in acme/shop-admin", "in big-acme/shop", "in xacme/shop", "in acme/shopping"]
)
def test_a_longer_name_in_the_text_is_another_repository(text: str) -> None:
    assert chosen(ticket(text), entry("acme/shop")) is None


def test_a_dot_in_a_name_stands_for_itself() -> None:
    assert chosen(ticket("in acme/shopXapi"), entry("acme/shop.api")) is None


def test_a_project_whose_key_only_begins_alike_is_another_project() -> None:
    assert chosen(ticket(), entry("acme/shop", projects=("PA", "PAYROLL"))) is None


def test_a_ticket_that_nothing_claims_leads_to_a_question_that_names_the_choices() -> None:
    catalogue = ConfiguredCatalogue(entries=(LABEL, COMPONENT))
    assert catalogue.repository_of(ticket()) == (
        None,
        "No repository is set up for this ticket. Which repository is it about? "
        "(acme/by-label, acme/by-component)",
    )


def test_two_equal_claims_lead_to_a_question() -> None:
    catalogue = ConfiguredCatalogue(entries=(PROJECT, entry("acme/too", projects=("PAY",))))
    repository, question = catalogue.repository_of(ticket())
    assert repository is None
    assert question.startswith("More than one repository could be meant.")


def test_a_tie_below_the_strongest_claim_does_not_matter() -> None:
    too = entry("acme/too", projects=("PAY",))
    assert chosen(ticket(labels=("refunds",)), PROJECT, too, LABEL) == "acme/by-label"


def test_an_empty_catalogue_says_that_nothing_is_set_up() -> None:
    _repository, question = ConfiguredCatalogue(entries=()).repository_of(ticket())
    assert question.endswith("(none is set up)")


def test_each_repository_has_its_own_policy() -> None:
    catalogue = ConfiguredCatalogue(entries=(PROJECT, LABEL))
    policy = catalogue.policy_of(LABEL.repository)
    assert policy is not None
    assert policy.model == "model of acme/by-label"


def test_a_repository_that_was_taken_out_has_no_policy() -> None:
    catalogue = ConfiguredCatalogue(entries=(PROJECT,))
    assert catalogue.policy_of(LABEL.repository) is None
    assert catalogue.policy_of(None) is None
