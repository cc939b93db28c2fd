#!/usr/bin/env python3
"""Prints the JSON schema of a values.yaml, closed: an unknown key is refused.

A value's type and default are read from the file, its description from the comment that begins with `# --`, and whatever
can't be read from those from a block of YAML between two lines `# @schema` above that.
"""

import json
import sys

import yaml

TYPES = {"str": "string", "int": "integer", "float": "number", "bool": "boolean", "map": "object", "seq": "array"}


def comment_above(lines, line):
    """The comment that ends right above a line, without its `# `."""
    comment = []
    while line > 0 and (text := lines[line - 1].strip()).startswith("#"):
        comment.insert(0, text[2:])
        line -= 1
    return comment


def annotations(comment):
    """The schema block and the description of a comment."""
    block, words, inside, described = [], [], False, False
    for text in comment:
        if text.strip() == "@schema":
            inside = not inside
        elif inside:
            block.append(text)
        elif text.startswith("-- "):
            words, described = [text[3:]], True
        elif described:
            words.append(text)
    return yaml.safe_load("\n".join(block)) or {}, " ".join(words)


def closed(schema):
    """A mapping that says nothing of further keys takes none."""
    if schema.get("type") == "object":
        schema.setdefault("additionalProperties", False)
    return schema


def schema_of(node, lines, comment):
    given, description = annotations(comment)
    schema = {"description": description} if description else {}
    schema["type"] = TYPES[node.tag.rsplit(":", 1)[1]]
    if isinstance(node, yaml.MappingNode) and "additionalProperties" not in given:
        schema["properties"] = {
            key.value: schema_of(value, lines, comment_above(lines, key.start_mark.line)) for key, value in node.value
        }
    elif not isinstance(node, yaml.MappingNode):
        schema["default"] = yaml.safe_load(yaml.serialize(node))
    return closed(schema | given)


def main():
    with open(sys.argv[1], encoding="utf-8") as file:
        text = file.read()
    schema = schema_of(yaml.compose(text), text.splitlines(), [])
    # helm hands these to every chart.
    schema["properties"]["global"] = {"type": "object"}
    print(json.dumps({"$schema": "http://json-schema.org/draft-07/schema#"} | schema, indent=2))


main()
