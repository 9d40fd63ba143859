"""What proves what, what is only a lead, who writes, and how the figures came about: parts four to eight of a letter.

Every item says what it proves, because a desk has to check each and drops what it cannot place. What is still open is
listed at the end with who can supply it: a request may go out with blanks, but nobody should have to look for them.
"""

from __future__ import annotations

from collections.abc import Iterator

from reports.letter.crime import thefts
from reports.letter.material import CHINESE_POLICE, POLICE, REPORTER, VERIFIER, Material
from reports.letter.request import CARDS, attachments
from reports.letter.transfers import INCOMING
from reports.numbers import money
from reports.paper import (
    CODE,
    LEAD,
    QUIET,
    Block,
    Bullets,
    Card,
    Cell,
    Column,
    Facts,
    Figure,
    Heading,
    Line,
    Notice,
    Para,
    Span,
    Table,
    cell,
    line,
)
from reports.report.phrases import method_named
from tracer.hostile import clean
from tracer.patterns.lead import Lead
from tracer.stoppable import FROZEN, ISSUER
from tracer.words import translated

LEADS = 5
GAPS = 8
"""Things not known that a letter names; the report has all."""


def evidence(material: Material) -> list[Block]:
    """The list of evidence, and what may be worth a look."""
    w = material.draft.w
    columns = (Column(w("letter.col.evidence"), 100),)
    rows = tuple((cell(*item, Span(proves, QUIET)),) for item, proves in _evidence(material))
    leads = tuple(_lead(material, one) for one in leads_of(material)[:LEADS])
    return [
        Heading(1, w("letter.section.evidence"), "evidence"),
        Table("evidence", w("letter.table.evidence"), columns, rows),
        Heading(1, w("letter.section.additional"), "additional"),
        Para(line(w("letter.additional.intro") if leads else w("letter.additional.none"))),
        *([Bullets(leads)] if leads else []),
    ]


def people(material: Material) -> list[Block]:
    """Who reports, to which police, who verified, and the place to sign."""
    w = material.draft.w
    police = [f"police.{one}" for one in (*POLICE, *CHINESE_POLICE)]
    shown = set(material.wanted())
    return [
        Heading(1, w("letter.section.people"), "people"),
        _said(material, [f"reporter.{one}" for one in REPORTER] + ["victim.name"], shown),
        Heading(2, w("letter.people.police"), "police"),
        Para(line(w("letter.people.report_to_follow"))),
        _said(material, police, shown),
        Heading(2, w("identity.verified_by.organisation"), "verified"),
        _said(material, [f"verified_by.{one}" for one in VERIFIER], shown),
        Card("signature", line(w("letter.people.statement")), (Para(line(w("letter.people.signature"))),)),
    ]


def method(material: Material) -> list[Block]:
    """How it was worked out, what it does not know, how to check it, and what it does not say."""
    w, draft = material.draft.w, material.draft
    dossier, question = draft.dossier, draft.dossier.question
    limits = {"hops": f"{question.max_hops:,}", "addresses": f"{question.max_addresses:,}"}
    hosts = ", ".join(dict.fromkeys(clean(one.host, 100) for one in dossier.answers))
    rows = (
        (w("letter.method.tool"), cell(w("letter.method.version", version=dossier.run.version))),
        (w("header.method"), cell(method_named(draft))),
        (w("front.trail_ends"), cell(w("front.ends.limits", **limits), w("front.ends.counted"))),
        (w("letter.method.sources"), cell(hosts)),
        (w("letter.method.gaps"), _gaps(material)),
        (w("letter.method.check"), cell(w("letter.method.verify"), Span(f"sha256:{draft.digest}", CODE))),
    )
    said = ("bounds", "labels", "no_opinion", "no_accusation", "innocent")
    return [
        Heading(1, w("letter.section.method"), "method"),
        Facts(rows),
        Bullets(tuple(line(w(f"letter.limit.{one}")) for one in said)),
    ]


def machine(material: Material, code: str) -> list[Block]:
    """What a program reads: the attached files, and the dossier's digest as a code to scan."""
    w, draft = material.draft.w, material.draft
    alt = w("letter.machine.alt", reference=draft.dossier.reference, digest=draft.digest)
    return [
        Heading(1, w("letter.section.machine"), "machine"),
        Para(line(w("letter.machine.intro"))),
        attachments(material),
        Figure("digest", w("letter.machine.code"), alt, code),
    ]


def still_open(material: Material) -> list[Block]:
    """What is missing, and who can supply it."""
    w = material.draft.w
    columns = (Column(w("letter.col.missing"), 60), Column(w("letter.col.who"), 40))
    rows = tuple((cell(w(name)), cell(w(f"who.{who}"))) for name, who in material.missing())
    return [
        Heading(1, w("letter.section.open"), "open"),
        Notice("note", (line(w("letter.open.intro")),)),
        Table("open", w("letter.table.open"), columns, rows),
    ]


def _evidence(material: Material) -> Iterator[tuple[tuple[Line, ...], str]]:
    draft, w = material.draft, material.draft.w
    for one in thefts(material):
        yield (line(draft.tx(one.chain, one.tx)),), w("letter.proves.theft", amount=money(one.amount, one.asset))
    yield (line(w("letter.table.path")),), w("letter.proves.path")
    for number, way in enumerate(material.to.ways[:CARDS]):
        row = way.endpoint
        for place, units in material.incoming(number)[:INCOMING]:
            flow = material.flow(place)
            yield (
                (line(draft.tx(flow.chain, flow.tx)),),
                w("letter.proves.incoming", amount=money(units, row.asset), n=number + 1),
            )
        proofs = way.deposit.proofs if way.deposit and way.means not in (ISSUER, FROZEN) else ()
        for proof in (one for one in proofs if one.role != "paid"):
            yield (line(draft.tx(row.chain, proof.tx)),), w(f"letter.proves.role_{proof.role}")
    for own in material.identity.victim.ownership:
        named = w("closing.join").join(filter(None, (w(f"identity.proof.{own.kind}"), clean(own.file, 100))))
        yield (line(named),), clean(own.proves, 400) or w("letter.proves.ownership")
    report = material.said("police.report_number")
    told = line(f"{w('identity.police.report_number')}: ", *report)
    yield (told if material.identity.police.report_number else report,), w("letter.proves.police")


def leads_of(material: Material) -> list[Lead]:
    """Leads about nobody but who is on the way to the recipient."""
    seen = _on_the_way(material)
    return [one for one in material.draft.dossier.findings.leads if seen.issuperset(one.members.addresses)]


def _on_the_way(material: Material) -> set[tuple[str, str]]:
    flows = [material.flow(place) for place in material.brought]
    return {(flow.chain, address) for flow in flows for address in (flow.sender, flow.receiver)}


def _lead(material: Material, lead: Lead) -> Line:
    w = material.draft.w
    said = w("letter.additional.lead", name=w(f"pattern.{lead.pattern}"), score=lead.score)
    return line(Span(f"◇ {said}: {clean(translated(lead.sentence, w), 400)}", LEAD))


def _said(material: Material, fields: list[str], shown: set[str]) -> Facts:
    w = material.draft.w
    rows = ((w(f"identity.{one}"), cell(material.said(one, named=False))) for one in fields if one in shown)
    return Facts(tuple(row for row in rows if row[1].lines))


def _gaps(material: Material) -> Cell:
    """What is not known on the way to the recipient; of the rest only how much there is, for it is another one's."""
    draft, w = material.draft, material.draft.w
    gaps = draft.dossier.result.gaps
    if not gaps:
        return cell(w("letter.method.no_gaps"))
    own = [one for one in gaps if any(address in one.where for _, address in _on_the_way(material))]
    said = (
        f"{w(f'gap.{one.kind}')}: {clean(one.where, 200)}: {clean(translated(one.why, w), 400)}" for one in own[:GAPS]
    )
    rest = len(gaps) - min(len(own), GAPS)
    return cell(*said, w("letter.method.more_gaps", n=f"{rest:,}") if rest else "")
