"""The departments that keep their customers in a SQLite database of their own, the larger six; `further_databases` has the others."""

from __future__ import annotations

from typing import Final

from pipelines.demo import keys
from pipelines.demo.departments import Department, Part
from pipelines.demo.formats import (
    amount,
    by_hand,
    choice,
    code,
    date,
    given,
    lower,
    modified,
    phone,
    postcode,
    state_name,
    town_line,
    upper,
    value,
    whole_address,
    whole_name,
)
from pipelines.demo.stores import Sqlite

ISO_DAY: Final = "%Y-%m-%d"
ISO_TIME: Final = "%Y-%m-%d %H:%M:%S"
US_DAY: Final = "%m/%d/%Y"

WEB_SHOP = Department(
    name="web_shop",
    owner="Web shop",
    share=15.0,
    overlap=0.75,
    repeats=0.06,
    store=Sqlite(
        "web_shop.db",
        "users",
        """
        SELECT u.*, a.line1, a.city, a.state, a.zip
        FROM users u LEFT JOIN addresses a ON a.user_id = u.user_id
        """,
    ),
    key={"user_id": keys.numbered(100_001)},
    columns={
        "first_name": by_hand("given_name"),
        "last_name": by_hand("family_name"),
        "email": value("email", lower),
        "phone": phone("parens", "dashes", "digits", "dots", "plus"),
        "birthday": date("birth_date", ISO_DAY),
        "newsletter": code("marketing_consent", {True: "1", False: "0"}),
        "created_on": date("customer_since", ISO_DAY),
        "orders": amount(4, 0),
        "updated_at": modified(ISO_TIME),
    },
    parts={
        "addresses": Part(
            "user_id",
            {"line1": by_hand("street"), "city": by_hand("city"), "state": value("region"), "zip": postcode(plus_four=0.08)},
        )
    },
    map={
        "given_name": "first_name",
        "family_name": "last_name",
        "email": "email",
        "phone": "phone",
        "birth_date": "birthday",
        "street": "line1",
        "city": "city",
        "region": "state",
        "postcode": "zip",
        "marketing_consent": "newsletter",
        "customer_since": "created_on",
    },
    modified="updated_at",
    trust=0.6,
    expect={"complete": {"email": 0.8}},
    leaning=(0.9, -0.4, -0.5),
    business=0.3,
    sure=("email", "street", "city"),
)

BILLING = Department(
    name="billing",
    owner="Billing",
    share=12.5,
    overlap=0.84,
    repeats=0.04,
    store=Sqlite(
        "billing.db",
        "clients",
        """
        SELECT c.*,
          (SELECT group_concat(value, ';') FROM (SELECT value FROM contact_points p
            WHERE p.client_no = c.client_no AND p.kind LIKE '%email' ORDER BY kind)) AS emails,
          (SELECT group_concat(value, ';') FROM (SELECT value FROM contact_points p
            WHERE p.client_no = c.client_no AND p.kind IN ('home', 'mobile') ORDER BY kind)) AS phones
        FROM clients c
        """,
    ),
    key={"client_no": keys.coded("C-", 6)},
    columns={
        "cust_nm": whole_name("comma", upper),
        "addr": value("street", upper),
        "town": value("city", upper),
        "st": value("region"),
        "zip": postcode(plus_four=0.25),
        "dob": date("birth_date", US_DAY),
        "cust_since": date("customer_since", US_DAY),
        "balance": amount(120),
        "last_change": modified(ISO_TIME),
    },
    parts={
        "contact_points": Part(
            "client_no",
            kinds={
                "email": value("email"),
                "second email": value("second_email"),
                "home": phone("dashes"),
                "mobile": phone("dashes", second=True),
            },
        )
    },
    map={
        "name": {"column": "cust_nm", "as": "full_name", "order": "family_first"},
        "email": {"column": "emails", "split": ";"},
        "phone": {"column": "phones", "split": ";"},
        "birth_date": {"column": "dob", "format": US_DAY},
        "street": "addr",
        "city": "town",
        "region": "st",
        "postcode": "zip",
        "customer_since": {"column": "cust_since", "format": US_DAY},
    },
    modified="last_change",
    trust=0.8,
    expect={"complete": {"street": 0.6, "postcode": 0.6}},
    leaning=(0.0, 0.2, 0.6),
    business=2.0,
    sure=("street", "city", "region", "postcode"),
)

LOYALTY = Department(
    name="loyalty",
    owner="Loyalty programme",
    share=9.5,
    overlap=0.80,
    repeats=0.05,
    store=Sqlite("loyalty.db", "members"),
    key={"card_no": keys.coded("LY", 8, 10_000_000, 9)},
    columns={
        "fname": given(middle=0.2),
        "lname": value("family_name"),
        "dob": date("birth_date", ISO_DAY),
        "sex": code("gender", {"F": "F", "M": "M"}),
        "address": whole_address(),
        "mobile": phone("parens", "dashes"),
        "mail": value("email"),
        "optin": code("marketing_consent", {True: "yes", False: "no"}),
        "joined": date("customer_since", ISO_DAY),
        "points": amount(900, 0),
        "changed": modified("%Y-%m-%dT%H:%M:%SZ"),
    },
    map={
        "given_name": "fname",
        "family_name": "lname",
        "birth_date": "dob",
        "gender": "sex",
        "home": {"column": "address", "as": "address"},
        "phone": "mobile",
        "email": "mail",
        "marketing_consent": "optin",
        "customer_since": "joined",
    },
    modified="changed",
    trust=0.7,
    expect={"complete": {"marketing_consent": 0.6}},
    leaning=(0.4, 0.3, -1.5),
    business=0.1,
    gaps=0.9,
    sure=("marketing_consent", "customer_since"),
)

SALES = Department(
    name="sales",
    owner="Sales",
    share=8.5,
    overlap=0.82,
    repeats=0.06,
    store=Sqlite("sales.db", "accounts"),
    key={"account_id": keys.uuid},
    columns={
        "company": value("organisation"),
        "contact_first": given(middle=0.1),
        "contact_last": value("family_name"),
        "email": value("email"),
        "alt_email": value("second_email"),
        "phone_main": phone("parens", "dashes", "dots", extension=0.03),
        "phone_other": phone("parens", "dashes", "dots", second=True),
        "street": value("street"),
        "city": value("city"),
        "state": state_name(),
        "postal_code": postcode(plus_four=0.1),
        "stage": choice("customer", "prospect", "lost", "partner"),
        "created": date("customer_since", "%b %d, %Y"),
        "may_contact": code("marketing_consent", {True: "opt-in", False: "opt-out"}),
        "modified_on": modified(ISO_TIME),
    },
    map={
        "given_name": "contact_first",
        "family_name": "contact_last",
        "organisation": "company",
        "email": ["email", "alt_email"],
        "phone": ["phone_main", "phone_other"],
        "street": "street",
        "city": "city",
        "region": "state",
        "postcode": "postal_code",
        "marketing_consent": "may_contact",
        "customer_since": {"column": "created", "format": "%b %d, %Y"},
    },
    modified="modified_on",
    trust=0.7,
    leaning=(-0.2, 0.0, 1.2),
    business=5.0,
    gaps=1.1,
)

SHIPPING = Department(
    name="shipping",
    owner="Shipping",
    share=7.0,
    overlap=0.87,
    repeats=0.08,
    store=Sqlite("shipping.db", "consignee"),
    key={"consignee_id": keys.numbered(1)},
    columns={
        "ship_to": whole_name(case=upper, length=40),
        "addr1": value("street", upper, 40),
        "city": value("city", upper),
        "st": value("region"),
        "zip": postcode(plus_four=0.3),
        "tel": phone("digits"),
        "carrier": choice("UPS", "FEDEX", "USPS", "TRUCK"),
    },
    map={
        "name": {"column": "ship_to", "as": "full_name", "order": "given_first"},
        "street": "addr1",
        "city": "city",
        "region": "st",
        "postcode": "zip",
        "phone": "tel",
    },
    trust=0.6,
    expect={"complete": {"street": 0.8}},
    business=1.5,
    sure=("street", "city", "region", "postcode"),
)

LEGACY_CRM = Department(
    name="legacy_crm",
    owner="Customer administration",
    share=4.0,
    overlap=0.78,
    repeats=0.07,
    store=Sqlite("legacy_crm.db", "CUSTMAST"),
    key={"CUSTNO": keys.numbered(20_001, 5)},
    columns={
        "CUSTNM": whole_name("family first", upper, middle=0.5, length=24),
        "ADDR1": value("street", upper, 28),
        "CITYST": town_line(upper),
        "ZIPCD": value("postcode"),
        "TELNO": phone("digits"),
        "BIRTHDT": date("birth_date", "%Y%m%d"),
        "SEXCD": code("gender", {"M": "1", "F": "2"}),
        "MAILCD": code("marketing_consent", {True: "1", False: "0"}),
        "OPENDT": date("customer_since", "%Y%m%d"),
    },
    map={
        "name": {"column": "CUSTNM", "as": "full_name", "order": "family_first"},
        "home": {"columns": ["ADDR1", "CITYST", "ZIPCD"], "as": "address"},
        "phone": "TELNO",
        "birth_date": {"column": "BIRTHDT", "format": "%Y%m%d"},
        "gender": "SEXCD",
        "marketing_consent": "MAILCD",
        "customer_since": {"column": "OPENDT", "format": "%Y%m%d"},
    },
    trust=0.3,
    years=(2009, 2018),
    leaning=(-0.8, 0.7, 0.2),
    slips=1.6,
    gaps=1.1,
)

LARGER = (WEB_SHOP, BILLING, LOYALTY, SALES, SHIPPING, LEGACY_CRM)
