"""Made sets of firms, papers and wares."""

from __future__ import annotations

import random

from tests.pipelines.steps.dedupe.made_records import BEGIN, END, FIRST, STREETS, TOWNS, MadeSet, listed, maybe, slip

FORMS = [
    ("Limited", "Ltd"),
    ("Incorporated", "Inc."),
    ("GmbH", "G.m.b.H."),
    ("Corporation", "Corp"),
    ("", ""),
    ("& Sons", "and Sons"),
    ("plc", "PLC"),
]
TRADE = listed("Logistics Bakery Engineering Plumbing Motors Textiles Software Holdings Foods Pharma Printing Energy Tools Marine")


def firms(rng: random.Random, placed: bool = False) -> MadeSet:
    """Firms in a column called `name`, with the address behind them where `placed`."""
    made = MadeSet()
    for entity in range(220):
        long, short = rng.choice(FORMS)
        own, trade = rng.choice(BEGIN) + rng.choice(END), rng.choice(TRADE)
        street, number, (town, postcode) = rng.choice(STREETS), rng.randrange(1, 200), rng.choice(TOWNS)
        for source in ("register", "suppliers"):
            for _ in range(rng.choice((0, 1, 1, 1, 2) if source == "suppliers" else (1,))):
                name = f"{slip(rng, own)} {trade} {rng.choice((long, short, ''))}".strip()
                if rng.random() < 0.3:
                    name = name.upper()
                behind = rng.choice((f", {number} {street} Street, {town} {postcode}", f", {number} {street} St, {town}"))
                made.add(source, entity, "id", {"name": name + (behind if placed else "")})
    return made


def placed_firms(rng: random.Random) -> MadeSet:
    """Firms with their address in the same text."""
    return firms(rng, placed=True)


def firms_in_towns(rng: random.Random) -> MadeSet:
    """Firms with their town, of whom one file has some twice."""
    made, towns = firms(rng), dict[int, str]()
    for source, rows in made.rows.items():
        for row in rows:
            row["city"] = towns.setdefault(made.entity[source, row["id"]], rng.choice(TOWNS)[0])
    return made


TOPIC = listed("""efficient scalable adaptive robust parallel query optimisation indexing mining streams graphs joins caching
replication recovery views
schemas integration matching privacy ranking sampling clustering storage
transactions concurrency spatial temporal semantic provenance""")


def papers(rng: random.Random) -> MadeSet:
    """Two bibliographies that write authors, journals and pages in their own ways."""
    made = MadeSet()
    venues = [
        ("Very Large Data Bases", "VLDB"),
        ("ACM SIGMOD Record", "SIGMOD Record"),
        ("Transactions on Database Systems", "TODS"),
        ("Information Systems", "Inf. Syst."),
    ]
    for entity in range(320):
        title = " ".join(rng.sample(TOPIC, rng.randrange(3, 7))).capitalize()
        authors = [(rng.choice(FIRST), rng.choice(BEGIN) + rng.choice(END)) for _ in range(rng.choice((1, 2, 2, 3, 4)))]
        long, short = rng.choice(venues)
        year, volume, page = rng.randrange(1994, 2012), rng.randrange(10, 40), rng.randrange(1, 900)
        if rng.random() < 0.85:
            made.add(
                "library",
                entity,
                "id",
                {
                    "title": slip(rng, title),
                    "authors": ", ".join(" ".join(one) for one in authors),
                    "journal": long,
                    "year": str(year),
                    "volume": str(volume),
                    "pages": f"{page}-{page + 14}",
                },
            )
        for _ in range(rng.choice((0, 1, 1, 2))):
            made.add(
                "crawl",
                entity,
                "id",
                {
                    "title": slip(rng, title, 0.3).lower(),
                    "author": " and ".join(f"{last}, {first[0]}." for first, last in authors),
                    "venue": maybe(rng, short),
                    "year": maybe(rng, str(year)),
                    "volume": maybe(rng, str(volume), 0.6),
                    "pages": maybe(rng, f"{page}--{page + 14}", 0.6),
                },
            )
    return made


WARES = [
    ("Camera", "digital 12MP optical zoom"),
    ("Speaker", "bluetooth portable waterproof"),
    ("Printer", "laser duplex network"),
    ("Headphones", "wireless noise cancelling"),
    ("Monitor", "LCD widescreen HDMI"),
    ("Router", "dual band wifi gigabit"),
]
COLOURS = listed("black white silver red blue graphite")


def wares(rng: random.Random) -> MadeSet:
    """Two shops' wares: makers, numbers of models, descriptions, prices."""
    made = MadeSet()
    makers = listed("Sonex Lumar Pentix Kodan Belkor Vizon Cantor Brothen Epsor Nikor")
    for entity in range(330):
        maker, (ware, told), colour = rng.choice(makers), rng.choice(WARES), rng.choice(COLOURS)
        model, price = f"{rng.choice('ABCDXZ')}{rng.choice('STRX')}{rng.randrange(100, 9999)}", rng.uniform(20, 900)
        if rng.random() < 0.8:
            made.add(
                "shop_a",
                entity,
                "id",
                {
                    "name": f"{maker} {colour.title()} {ware} - {model}",
                    "description": f"{maker} {ware} {model} - {told} / {colour} finish",
                    "price": maybe(rng, f"${price:.2f}"),
                },
            )
        if rng.random() < 0.8:
            made.add(
                "shop_b",
                entity,
                "id",
                {
                    "title": f"{maker} {model.lower() if rng.random() < 0.3 else model} {told.split()[0]} {ware}",
                    "manufacturer": maybe(rng, maker.upper()),
                    "modelno": maybe(rng, model, 0.5),
                    "price": f"{price * rng.uniform(0.9, 1.1):.2f}",
                },
            )
    return made
