#!/usr/bin/env python3
"""Flags the coroutine forms that g++ 12 miscompiles, in the sources and in the ```cpp blocks of the documents.

Usage: coroutine_forms.py ROOT
Waiver, with a reason, on a line of the statement or alone above it: `// gcc12-ok: ...`.

What it cannot see: a default argument that is an aggregate. Option types have a user-provided constructor for that.
"""
import re
import sys

from cpp_source import Finding, Source, Token, cpp_blocks, documents, report, sources

FOLDERS = ["src", "include", "examples", "bench", "test"]
BRACKETS = {"(": ")", "[": "]", "{": "}"}
CONTROL = {"if", "while", "for", "switch", "catch"}
COROUTINE_WORDS = {"co_await", "co_return", "co_yield"}
# After one of these words `[` begins a lambda; after any other word it is a subscript.
WORDS_BEFORE_LAMBDA = {"return", "co_return", "co_await", "co_yield", "throw", "case", "else", "do", "and", "or", "not"}
WORDS_BEFORE_BLOCK = {"const", "noexcept", "override", "final", "mutable", "try", "volatile"}
TYPE_WORDS = {"class", "struct", "union", "enum", "namespace", "extern", "concept"}


class Group:
    """A bracketed run of nodes; a node is a Token or a Group."""

    def __init__(self, bracket, line):
        self.bracket, self.line, self.end_line, self.nodes = bracket, line, line, []
        self.is_lambda_body = False


def is_token(node, *texts):
    return isinstance(node, Token) and node.text in texts


def is_group(node, bracket):
    return isinstance(node, Group) and node.bracket == bracket


def grouped(tokens):
    """The tokens as a tree of brackets, and the line of the first bracket without its partner."""
    root, stack, problem = Group("", 1), [], None
    current = root
    for token in tokens:
        if token.kind == "punct" and token.text in BRACKETS:
            group = Group(token.text, token.line)
            current.nodes.append(group)
            stack.append(current)
            current = group
        elif token.kind == "punct" and token.text in BRACKETS.values():
            if stack and BRACKETS[current.bracket] == token.text:
                current.end_line = token.line
                current = stack.pop()
            else:
                problem = problem or token.line
        else:
            current.nodes.append(token)
    if stack:
        problem = problem or current.line
    return root, problem


class Lambda:
    def __init__(self, captures, body, called):
        self.captures, self.body, self.called = captures, body, called


def find_lambdas(nodes):
    """The lambdas that stand directly among the nodes; marks their bodies."""
    lambdas = []
    for i, node in enumerate(nodes):
        if not is_group(node, "["):
            continue
        if len(node.nodes) == 1 and is_group(node.nodes[0], "["):
            continue  # an attribute
        before = nodes[i - 1] if i else None
        if isinstance(before, Token):
            if before.kind == "word" and before.text not in WORDS_BEFORE_LAMBDA:
                continue  # a subscript or `auto [a, b]`
            if before.kind == "text":
                continue
        elif is_group(before, "(") or is_group(before, "["):
            continue  # a subscript
        for j in range(i + 1, len(nodes)):
            if is_token(nodes[j], ";"):
                break
            if is_group(nodes[j], "{"):
                nodes[j].is_lambda_body = True
                called = j + 1 < len(nodes) and is_group(nodes[j + 1], "(")
                lambdas.append(Lambda(node, nodes[j], called))
                break
    return lambdas


def own_nodes(nodes):
    """All nodes at any depth, lambda bodies left out: they hold statements of their own."""
    for node in nodes:
        yield node
        if isinstance(node, Group) and not node.is_lambda_body:
            yield from own_nodes(node.nodes)


def awaits(nodes):
    return [node for node in own_nodes(nodes) if is_token(node, "co_await")]


def split(nodes, *separators):
    parts = [[]]
    for node in nodes:
        if is_token(node, *separators):
            parts.append([])
        else:
            parts[-1].append(node)
    return parts


def without_template_head(nodes):
    """The nodes after `template <...>`."""
    while len(nodes) > 1 and is_token(nodes[0], "template") and is_token(nodes[1], "<"):
        depth = 0
        for i, node in enumerate(nodes):
            depth += is_token(node, "<") - is_token(node, ">")
            if depth == 0 and i > 0:
                nodes = nodes[i + 1 :]
                break
        else:
            return []
    return nodes


class Checker:
    def __init__(self, source, tolerant):
        self.source, self.tolerant = source, tolerant
        self.findings = []

    def run(self):
        root, problem = grouped(self.source.tokens)
        if problem and not self.tolerant:
            self.findings.append(Finding(self.source.path, problem, "a bracket without its partner: cannot check"))
        for token in self.source.tokens:
            if token.kind == "directive" and "co_await" in token.text:
                self.flag([token], "co_await in a macro hides from this check")
        self.mark_lambdas(root.nodes)
        self.block(root.nodes)
        return sorted(set(self.findings))

    def mark_lambdas(self, nodes):
        find_lambdas(nodes)
        for node in nodes:
            if isinstance(node, Group):
                self.mark_lambdas(node.nodes)

    def flag(self, nodes, message):
        lines = {node.line for node in own_nodes(nodes)}
        lines |= {node.end_line for node in own_nodes(nodes) if isinstance(node, Group) and not node.is_lambda_body}
        at = next((node.line for node in own_nodes(nodes) if is_token(node, "co_await")), min(lines))
        if not self.source.waived("gcc12-ok", lines):
            self.findings.append(Finding(self.source.path, at, message))

    # Statements

    def block(self, nodes):
        """Cuts a run of nodes into statements and checks each."""
        current = []
        for i, node in enumerate(nodes):
            if isinstance(node, Token) and node.kind == "directive":
                continue
            if is_token(node, ";"):
                self.statement(current)
                current = []
            elif is_group(node, "{") and not node.is_lambda_body and self.opens_block(current):
                self.statement(current)  # a function's head, say, with its default arguments
                self.block(node.nodes)
                current = []
            elif is_group(node, "(") and self.is_control(current):
                self.control(current[0].text, node)
                current = []
            elif is_token(node, ":") and self.is_label(current):
                current = []
            elif is_token(node, "else", "do", "try") and not current:
                pass
            else:
                current.append(node)
        self.statement(current)

    @staticmethod
    def is_control(current):
        return bool(current) and is_token(current[0], *CONTROL) and all(is_token(n, "constexpr") for n in current[1:])

    @staticmethod
    def is_label(current):
        if not current:
            return False
        if is_token(current[0], "case", "default"):
            return True
        return len(current) == 1 and isinstance(current[0], Token) and current[0].kind == "word"

    @staticmethod
    def opens_block(current):
        """Whether `{` after these nodes opens a block rather than a braced list."""
        current = without_template_head(current)
        if not current:
            return True
        last = current[-1]
        if is_token(current[0], *TYPE_WORDS):
            return True
        if any(is_token(node, "=") for node in current) and not any(is_token(n, "operator") for n in current):
            return False
        if is_group(last, "("):
            return not is_token(current[0], "return", "co_return", "co_await", "co_yield", "throw")
        if is_group(last, "{"):
            return not last.is_lambda_body  # after the last member initialiser
        if is_token(last, *WORDS_BEFORE_BLOCK):
            return True
        # A trailing return type: `auto f() -> T {`.
        return any(is_token(node, "->") for node in current) and any(is_token(node, "auto") for node in current)

    def control(self, word, group):
        """The parenthesis after if, while, for, switch or catch."""
        parts = split(group.nodes, ";")
        *before, last = parts
        if word == "for" and len(parts) == 3:
            self.statement(parts[0])
            self.loop_condition(word, parts[1])
            self.statement(parts[2])
            return
        for part in before:
            self.statement(part)
        if word == "for" or word in ("if", "switch"):
            if awaits(last):
                place = "a range-for header" if word == "for" else f"the condition of {word}"
                self.flag(last, f"co_await in {place}: await into a named value first")
            self.statement(last)
        else:
            self.loop_condition(word, last)

    def loop_condition(self, word, nodes):
        """Allowed: `co_await f(...)` alone, or `auto x = co_await f(...)`."""
        self.statement(nodes)
        found = awaits(nodes)
        if not found:
            return
        at = next((i for i, node in enumerate(nodes) if is_token(node, "co_await")), None)
        plain = at is not None and all(
            (isinstance(node, Group) and node.bracket in "([") or node.kind == "word" or node.text in ("::", ".", "->", "<", ">")
            for node in nodes[at + 1 :]
        )
        declared = at == 0 or (at is not None and at > 1 and is_token(nodes[at - 1], "="))
        if not (plain and declared):
            self.flag(nodes, f"co_await in a condition of {word} that is more than a plain call: await inside the loop")

    def statement(self, nodes):
        if not nodes:
            return
        self.check_lambdas(nodes)
        found = awaits(nodes)
        if found:
            self.check_await(nodes, found)
        for node in own_nodes(nodes):
            if is_group(node, "{") and node.is_lambda_body:
                self.block(node.nodes)

    def check_lambdas(self, nodes):
        """An immediately called lambda with captures that is a coroutine: the frame outlives the closure."""
        for lambda_ in self.lambdas_in(nodes):
            if not (lambda_.called and lambda_.captures.nodes):
                continue
            if any(is_token(node, *COROUTINE_WORDS) for node in own_nodes(lambda_.body.nodes)):
                self.flag(nodes, "a coroutine lambda with captures is called on the spot: name it, or pass arguments")

    def lambdas_in(self, nodes):
        yield from find_lambdas(nodes)
        for node in nodes:
            if isinstance(node, Group) and not node.is_lambda_body:
                yield from self.lambdas_in(node.nodes)

    def check_await(self, nodes, found):
        if len(found) > 1:
            self.flag(nodes, "more than one co_await in a statement: one each, into named values")
        if any(lambda_.captures.nodes for lambda_ in self.lambdas_in(nodes)):
            self.flag(nodes, "a capturing lambda in the statement of a co_await: name it, then move it")
        if any(is_group(node, "{") and not node.is_lambda_body and node.nodes for node in own_nodes(nodes)):
            self.flag(nodes, "a braced list in the statement of a co_await: name the value, then move it")
        if any(is_token(node, "?") for node in own_nodes(nodes)):
            # An arm with an await, and a temporary of an arm passed to one, are freed twice.
            self.flag(nodes, "?: in the statement of a co_await: use if and else, or name the value")


def check_text(path, text, tolerant=False, first_line=1):
    return Checker(Source(path, text, first_line), tolerant).run()


def main(root):
    findings, files = [], 0
    for source in sources(root, FOLDERS):
        files += 1
        findings += Checker(source, tolerant=False).run()
    for page in documents(root):
        files += 1
        for block in cpp_blocks(page.read_text(encoding="utf-8")):
            findings += check_text(page.relative_to(root), block.text, tolerant=True, first_line=block.line)
    return report("coroutine forms", findings, files)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
