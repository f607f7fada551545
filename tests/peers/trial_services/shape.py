"""What bodies and query parameters may be. A shape takes a value and gives it back, or raises Wrong with what was expected."""
import re


class Wrong(Exception):
    def __init__(self, expected, field=""):
        super().__init__(expected)
        self.expected = expected
        self.field = field


class Optional:
    def __init__(self, shape, default=None):
        self.shape = shape
        self.default = default


def text(pattern=r"[^\x00-\x1f]{1,200}", what="a text of 1 to 200 characters"):
    expression = re.compile(pattern)

    def check(value):
        if not isinstance(value, str) or not expression.fullmatch(value):
            raise Wrong(f"expected {what}")
        return value
    return check


def named(pattern):
    return text(pattern, f"a text that matches {pattern}")


def integer(low, high):
    def check(value):
        if not isinstance(value, int) or isinstance(value, bool) or not low <= value <= high:
            raise Wrong(f"expected an integer from {low} to {high}")
        return value
    return check


def digits(low, high):
    """An integer in a query."""
    def check(value):
        if not re.fullmatch(r"[0-9]{1,9}", value) or not low <= int(value) <= high:
            raise Wrong(f"expected an integer from {low} to {high}")
        return int(value)
    return check


def boolean(value):
    if not isinstance(value, bool):
        raise Wrong("expected true or false")
    return value


def one_of(*values):
    def check(value):
        if value not in values:
            raise Wrong(f"expected one of {', '.join(values)}")
        return value
    return check


def nullable(shape):
    return lambda value: None if value is None else shape(value)


def list_of(shape, low, high):
    def check(value):
        if not isinstance(value, list) or not low <= len(value) <= high:
            raise Wrong(f"expected an array of {low} to {high}")
        items = []
        for i, one in enumerate(value):
            try:
                items.append(shape(one))
            except Wrong as problem:
                raise Wrong(problem.expected, f"[{i}]{problem.field}") from None
        return items
    return check


def labels(value):
    """Up to 50 pairs of texts."""
    if not isinstance(value, dict) or len(value) > 50:
        raise Wrong("expected an object of up to 50 texts")
    for name, one in value.items():
        if not isinstance(one, str) or len(one) > 200 or not 1 <= len(name) <= 100:
            raise Wrong("expected names of 1 to 100 and texts of up to 200 characters")
    return dict(value)


def object_of(**fields):
    def check(value):
        taken, problems = take(value, fields, "field")
        for field, expected in problems.items():
            raise Wrong(expected, f".{field}" if field else "")
        return taken
    return check


def take(value, fields, noun):
    """The values by name, and what is wrong with which."""
    if not isinstance(value, dict):
        return {}, {"": "expected an object"}
    taken = {}
    problems = {name: f"unknown {noun}" for name in value if name not in fields}
    for name, shape in fields.items():
        if name not in value:
            if isinstance(shape, Optional):
                taken[name] = shape.default
            else:
                problems[name] = "is missing"
            continue
        try:
            taken[name] = (shape.shape if isinstance(shape, Optional) else shape)(value[name])
        except Wrong as problem:
            problems[name + problem.field] = problem.expected
    return taken, problems
