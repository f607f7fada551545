"""What Slack takes as a message or a form: Block Kit with its published limits.

Sources: Slack's reference of blocks, block elements, composition objects and views.
"""
import re

MAX_BLOCKS = 50
MAX_VIEW_BLOCKS = 100
MAX_TEXT = 40_000



class Invalid(Exception):
    """A block that Slack would not take; the text is what response_metadata.messages would hold."""


def need(condition, what, pointer):
    if not condition:
        raise Invalid(f"[ERROR] {what} [json-pointer:{pointer}]")


def check_keys(thing, allowed, pointer):
    need(isinstance(thing, dict), "must be an object", pointer)
    for key in thing:
        need(key in allowed, f"no more than allowed fields: additional property: {key}", pointer)


def check_text(text, types, limit, pointer):
    check_keys(text, {"type", "text", "emoji", "verbatim"}, pointer)
    need(text.get("type") in types, f"unsupported type: {text.get('type')}", pointer + "/type")
    need(isinstance(text.get("text"), str), "missing required field: text", pointer)
    need(len(text["text"]) >= 1, "must be more than 0 characters", pointer + "/text")
    need(len(text["text"]) <= limit, f"must be less than {limit + 1} characters", pointer + "/text")
    need("emoji" not in text or text["type"] == "plain_text", "emoji is for plain_text only", pointer)
    need("verbatim" not in text or text["type"] == "mrkdwn", "verbatim is for mrkdwn only", pointer)
    if text["type"] == "mrkdwn":
        check_mrkdwn(text["text"], pointer + "/text")


def check_mrkdwn(text, pointer):
    """Control characters must be escaped; what stands in <> must be a link, a mention or a date."""
    for match in re.finditer(r"&(?!amp;|lt;|gt;)", text):
        need(False, f"unescaped & at {match.start()}", pointer)
    rest = re.sub(r"<(https?://[^<>|\s]+|mailto:[^<>|\s]+|[@#!][^<>|]+)(\|[^<>]*)?>", "", text)
    need("<" not in rest and ">" not in rest, "unescaped < or >", pointer)


def check_button(element, pointer):
    check_keys(element, {"type", "action_id", "text", "url", "value", "style", "confirm", "accessibility_label"}, pointer)
    check_text(element.get("text"), {"plain_text"}, 75, pointer + "/text")
    need(len(element.get("action_id", "")) <= 255, "action_id is too long", pointer)
    if "url" in element:
        need(len(element["url"]) <= 3000, "url must be less than 3001 characters", pointer + "/url")
        need(re.match(r"https?://[^\s]+$", element["url"]), "invalid url", pointer + "/url")
    if "value" in element:
        need(isinstance(element["value"], str) and 1 <= len(element["value"]) <= 2000, "value must be 1 to 2000 characters", pointer + "/value")
    need(element.get("style") in (None, "primary", "danger"), "unknown style", pointer + "/style")


def check_rich_text(element, pointer):
    kinds = {"rich_text_preformatted", "rich_text_section", "rich_text_quote", "rich_text_list"}
    need(isinstance(element, dict) and element.get("type") in kinds, "unknown rich text element", pointer)
    check_keys(element, {"type", "elements", "border", "style", "indent"}, pointer)
    need(isinstance(element.get("elements"), list) and element["elements"], "missing elements", pointer)
    for i, part in enumerate(element["elements"]):
        here = f"{pointer}/elements/{i}"
        need(isinstance(part, dict) and part.get("type") in {"text", "link", "emoji", "user", "channel"}, "unknown element", here)
        if part["type"] == "text":
            check_keys(part, {"type", "text", "style"}, here)
            need(isinstance(part.get("text"), str) and part["text"], "must be more than 0 characters", here)


def check_block(block, pointer, action_ids, block_ids=None, in_view=False):
    need(isinstance(block, dict), "must be an object", pointer)
    if block_ids is not None and "block_id" in block:
        need(len(block["block_id"]) <= 255, "block_id is too long", pointer + "/block_id")
        need(block["block_id"] not in block_ids, f"block_id {block['block_id']} already exists", pointer)
        block_ids.add(block["block_id"])
    kind = block.get("type")
    if kind == "header":
        check_keys(block, {"type", "text", "block_id"}, pointer)
        check_text(block.get("text"), {"plain_text"}, 150, pointer + "/text")
    elif kind == "section":
        check_keys(block, {"type", "text", "fields", "accessory", "block_id", "expand"}, pointer)
        need("text" in block or "fields" in block, "one of text or fields is required", pointer)
        if "text" in block:
            check_text(block["text"], {"plain_text", "mrkdwn"}, 3000, pointer + "/text")
        if "fields" in block:
            need(isinstance(block["fields"], list) and 1 <= len(block["fields"]) <= 10, "1 to 10 fields", pointer + "/fields")
            for i, field in enumerate(block["fields"]):
                check_text(field, {"plain_text", "mrkdwn"}, 2000, f"{pointer}/fields/{i}")
    elif kind == "actions":
        check_keys(block, {"type", "elements", "block_id"}, pointer)
        need(isinstance(block.get("elements"), list) and 1 <= len(block["elements"]) <= 25, "1 to 25 elements", pointer)
        for i, element in enumerate(block["elements"]):
            here = f"{pointer}/elements/{i}"
            need(isinstance(element, dict) and element.get("type") == "button", "only buttons are emulated", here)
            check_button(element, here)
            action = element.get("action_id")
            need(action is None or action not in action_ids, f"action_id {action} already exists", here)
            action_ids.add(action)
    elif kind == "context":
        check_keys(block, {"type", "elements", "block_id"}, pointer)
        need(isinstance(block.get("elements"), list) and 1 <= len(block["elements"]) <= 10, "1 to 10 elements", pointer)
        for i, element in enumerate(block["elements"]):
            check_text(element, {"plain_text", "mrkdwn"}, 2000, f"{pointer}/elements/{i}")
    elif kind == "rich_text":
        check_keys(block, {"type", "elements", "block_id"}, pointer)
        need(isinstance(block.get("elements"), list) and block["elements"], "missing elements", pointer)
        for i, element in enumerate(block["elements"]):
            check_rich_text(element, f"{pointer}/elements/{i}")
    elif kind == "input":
        need(in_view, "unsupported type: input", pointer + "/type")
        check_keys(block, {"type", "block_id", "label", "element", "hint", "optional"}, pointer)
        check_text(block.get("label"), {"plain_text"}, 2000, pointer + "/label")
        element = block.get("element")
        need(isinstance(element, dict) and element.get("type") == "plain_text_input", "only text inputs are emulated", pointer + "/element")
        check_keys(element, {"type", "action_id", "multiline", "min_length", "max_length", "placeholder", "initial_value"}, pointer + "/element")
        need(1 <= element.get("max_length", 3000) <= 3000, "max_length is 1 to 3000", pointer + "/element/max_length")
    elif kind == "divider":
        check_keys(block, {"type", "block_id"}, pointer)
    else:
        need(False, f"unsupported type: {kind}", pointer + "/type")


def check_message(message):
    """The error's name and its details, or None."""
    text, blocks = message.get("text", ""), message.get("blocks", [])
    if not text and not blocks and not message.get("attachments"):
        return "no_text", []
    if not isinstance(text, str) or len(text) > MAX_TEXT:
        return "msg_too_long", []
    if not isinstance(blocks, list):
        return "invalid_blocks_format", []
    if len(blocks) > MAX_BLOCKS:
        return "invalid_blocks", [f"[ERROR] no more than {MAX_BLOCKS} items allowed [json-pointer:/blocks]"]
    details = check_blocks(blocks, False)
    return ("invalid_blocks", details) if details else None


def check_blocks(blocks, in_view):
    details, action_ids, block_ids = [], set(), set()
    for i, block in enumerate(blocks):
        try:
            check_block(block, f"/blocks/{i}", action_ids, block_ids, in_view)
        except Invalid as problem:
            details.append(str(problem))
    return details


def check_view(view):
    """What is wrong with a modal, as a list of texts."""
    try:
        check_keys(view, {"type", "callback_id", "private_metadata", "title", "submit", "close", "blocks"}, "/view")
        need(view.get("type") == "modal", "must be a modal", "/view/type")
        for label in ("title", "submit", "close"):
            check_text(view.get(label), {"plain_text"}, 24, f"/view/{label}")
        need(len(view.get("private_metadata", "")) <= 3000, "private_metadata is too long", "/view/private_metadata")
        need(len(view.get("callback_id", "")) <= 255, "callback_id is too long", "/view/callback_id")
        need(isinstance(view.get("blocks"), list) and 1 <= len(view["blocks"]) <= MAX_VIEW_BLOCKS, "1 to 100 blocks", "/view/blocks")
    except Invalid as problem:
        return [str(problem)]
    return check_blocks(view["blocks"], True)
