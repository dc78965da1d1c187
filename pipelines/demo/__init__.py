"""A made-up organisation to try Onefold on: eighteen departments, their customers, and the truth about them."""

from pipelines.demo.make import DemoSummary, make_demo

__all__ = ["DemoSummary", "make_demo"]
