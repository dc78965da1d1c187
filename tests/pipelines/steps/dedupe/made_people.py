"""Made sets of people: customers, patients, citizens, forebears; small tables, each drawn by a rule of its own."""

from __future__ import annotations

import random
from functools import partial

from tests.pipelines.steps.dedupe.made_records import BEGIN, TOWNS, MadeSet, born, listed, maybe, person, slip


def customers(rng: random.Random) -> MadeSet:
    """Four departments, each with its language, its names of columns and its way to write dates."""
    made = MadeSet()
    for entity in range(260):
        p = person(rng)
        first, last = partial(slip, rng, p.first, 0.08), partial(slip, rng, p.last, 0.08)
        for _ in range(rng.choice((0, 1, 1, 1, 2))):
            made.add(
                "crm",
                entity,
                "CustomerID",
                {
                    "FirstName": first(),
                    "LastName": last(),
                    "DOB": maybe(rng, f"{p.born:%m/%d/%Y}"),
                    "Email": maybe(rng, p.email, 0.6),
                    "Mobile": maybe(rng, p.phone, 0.6),
                    "Street": f"{p.number} {p.street}",
                    "City": p.town,
                    "ZIP": p.postcode,
                },
            )
        if rng.random() < 0.6:
            made.add(
                "rechnungen",
                entity,
                "Kundennr",
                {
                    "Name": f"{last()}, {first()}",
                    "Geburtsdatum": maybe(rng, f"{p.born:%d.%m.%Y}", 0.7),
                    "Strasse": p.street,
                    "Hausnr": p.number,
                    "PLZ": p.postcode,
                    "Ort": slip(rng, p.town),
                    "Telefon": maybe(rng, p.phone.replace("+49", "0"), 0.5),
                },
            )
        if rng.random() < 0.6:
            made.add(
                "boutique",
                entity,
                "id_client",
                {
                    "nom": last().upper(),
                    "prénom": first(),
                    "date_naissance": maybe(rng, f"{p.born:%d/%m/%Y}", 0.8),
                    "courriel": maybe(rng, p.email, 0.8),
                    "adresse": f"{p.number} {p.street}",
                    "code_postal": p.postcode,
                    "ville": p.town,
                },
            )
        if rng.random() < 0.5:
            made.add(
                "soporte",
                entity,
                "n_cliente",
                {
                    "nombre_completo": f"{first()} {last()}",
                    "fecha_nac": maybe(rng, f"{p.born:%Y-%m-%d}", 0.6),
                    "correo": maybe(rng, p.email, 0.7),
                    "teléfono": maybe(rng, p.phone, 0.5),
                    "ciudad": p.town,
                    "estado_cuenta": rng.choice(("activa", "cerrada")),
                },
            )
    return made


def dated_alike(rng: random.Random) -> MadeSet:
    """Two files that call the date of birth the same and write it otherwise: month first, day first."""
    made = MadeSet()
    for entity in range(300):
        p = person(rng)
        for source, layout in (("boston", "%m/%d/%Y"), ("london", "%d/%m/%Y")):
            if rng.random() < 0.75:
                made.add(
                    source,
                    entity,
                    "id",
                    {
                        "first_name": slip(rng, p.first),
                        "surname": slip(rng, p.last),
                        "dob": p.born.strftime(layout),
                        "city": maybe(rng, p.town, 0.7),
                    },
                )
    return made


def patients(rng: random.Random) -> MadeSet:
    """A hospital's own numbers, names before and after a marriage, numbers of an insurance."""
    made = MadeSet()
    for entity in range(280):
        p = person(rng, TOWNS, "0113 4")
        sex, married = "F" if p.woman else "M", p.maiden and rng.random() < 0.6
        for _ in range(rng.choice((1, 1, 1, 2))):
            made.add(
                "admissions",
                entity,
                "MRN",
                {
                    "PatientName": f"{slip(rng, p.last).upper()}, {slip(rng, p.first).upper()}",
                    "Sex": sex,
                    "DOB": f"{p.born:%d-%b-%Y}",
                    "MaidenName": p.maiden if married else "",
                    "InsuranceNumber": maybe(rng, slip(rng, p.identity, 0.05), 0.7),
                    "Ward": rng.choice("ABCDE"),
                    "AdmissionDate": f"{born(rng, 2015, 2024):%d-%b-%Y}",
                    "Diagnosis": rng.choice(("I10", "E11.9", "J45.0", "M54.5")),
                    "Address": f"{p.number} {p.street}, {p.town}, {p.postcode}",
                },
            )
        if rng.random() < 0.6:
            made.add(
                "lab",
                entity,
                "sample_no",
                {
                    "pat_first": slip(rng, p.first),
                    "pat_last": slip(rng, p.maiden if married and rng.random() < 0.5 else p.last),
                    "birthdate": f"{p.born:%Y%m%d}",
                    "gender": {"F": "female", "M": "male"}[sex],
                    "policy_no": maybe(rng, p.identity, 0.6),
                    "phone": maybe(rng, p.phone, 0.5),
                    "postcode": p.postcode,
                    "result": f"{rng.random() * 10:.1f}",
                    "taken_on": f"{born(rng, 2015, 2024)}",
                },
            )
    return made


CYRILLIC = str.maketrans(dict(zip("abvgdeziklmnoprstufhcyjqwx", "абвгдезиклмнопрстуфхцыйквкс", strict=False)))
GREEK = str.maketrans(dict(zip("abgdezikmnoprstufhlvcyjqwx", "αβγδεζικμνοπρστυφχλβκυιξωξ", strict=False)))


def citizens(rng: random.Random) -> MadeSet:
    """Registers of several countries in their scripts, and a border's in Latin letters."""
    made = MadeSet()
    for entity in range(320):
        p = person(rng)
        country = rng.choice(("PL", "RU", "SE"))
        if country == "PL":
            made.add(
                "rejestr",
                entity,
                "lp",
                {
                    "imię": p.first.replace("l", "ł", 1),
                    "nazwisko": p.last.replace("s", "ś", 1),
                    "data urodzenia": f"{p.born:%d.%m.%Y}",
                    "PESEL": p.identity + "1",
                    "miejscowość": p.town,
                },
            )
        if country == "RU":
            made.add(
                "реестр",
                entity,
                "номер",
                {
                    "имя": p.first.lower().translate(CYRILLIC).title(),
                    "фамилия": p.last.lower().translate(CYRILLIC).title(),
                    "дата рождения": f"{p.born:%d.%m.%Y}",
                    "паспорт": p.identity,
                    "город": p.town.lower().translate(CYRILLIC).title(),
                },
            )
        if country == "SE":
            made.add(
                "folkbok",
                entity,
                "nr",
                {
                    "förnamn": p.first.replace("o", "ö", 1),
                    "efternamn": p.last.replace("a", "å", 1),
                    "födelsedatum": f"{p.born}",
                    "personnummer": p.identity,
                    "ort": p.town,
                    "kön": "kvinna" if p.woman else "man",
                },
            )
        if rng.random() < 0.7:
            made.add(
                "border",
                entity,
                "crossing",
                {
                    "surname": slip(rng, p.last).upper(),
                    "given_names": slip(rng, p.first).upper(),
                    "nationality": country,
                    "date_of_birth": f"{p.born:%Y-%m-%d}",
                    "document_no": maybe(rng, p.identity + ("1" if country == "PL" else ""), 0.6),
                    "crossed_at": f"{born(rng, 2019, 2024)} 10:30",
                },
            )
    return made


SHORT = {
    "William": "Wm",
    "Charles": "Chas",
    "Thomas": "Thos",
    "George": "Geo",
    "Samuel": "Saml",
    "Benjamin": "Benj",
    "Joseph": "Jos",
    "Richard": "Richd",
    "Robert": "Robt",
    "Edward": "Edwd",
    "Andrew": "Andw",
}
TRADES = listed("farmer weaver labourer servant smith carpenter mason miner tailor cordwainer sailor")


def forebears(rng: random.Random) -> MadeSet:
    """Parish registers and three censuses, with large clusters, ages for dates, and names shortened."""
    made = MadeSet()
    parishes = [f"{rng.choice(BEGIN)}{rng.choice(('ham', 'by', 'thorpe', 'stead'))}" for _ in range(9)]
    for entity in range(220):
        p, day = person(rng), born(rng, 1720, 1790)
        parish, trade = rng.choice(parishes), rng.choice(TRADES)

        def called(first: str = p.first) -> str:
            return SHORT.get(first, first) + rng.choice(("", ".")) if rng.random() < 0.4 else slip(rng, first, 0.05)

        if rng.random() < 0.7:
            made.add(
                "baptisms", entity, "entry", {"forename": called(), "surname": slip(rng, p.last), "birth_date": f"{day}", "parish": parish}
            )
        for year in (1791, 1801, 1811):
            if rng.random() < 0.6:
                made.add(
                    f"census_{year}",
                    entity,
                    "id",
                    {
                        "first_name": called(),
                        "last_name": slip(rng, p.last, 0.15),
                        "age": str(year - day.year + rng.choice((0, 0, 0, 1, -1))),
                        "birth_year": str(day.year + rng.choice((0, 0, 0, 1, -1))),
                        "sex": "f" if p.woman else "m",
                        "occupation": trade,
                        "parish_of_birth": slip(rng, parish),
                    },
                )
    return made
