#!/usr/bin/env python3
"""Each lint flags what it should and leaves alone what it should."""
import contextlib
import io
import tempfile
import unittest
from pathlib import Path

import coroutine_forms
import comments
import exported_symbols
import guarantees
import include_direction
import options_page
import promises
import readme_examples
import reference
import seams
import two_faced_symbols
from cpp_source import Source, cpp_blocks


HERE = Path(__file__).resolve().parent


def lines(findings):
    return sorted({finding.line for finding in findings})


class Tokens(unittest.TestCase):
    def words(self, text):
        return [token.text for token in Source("x.cpp", text).tokens]

    def test_comments_vanish_and_literals_stay_whole(self):
        self.assertEqual(self.words('a /* b; */ c // d\n"e // f" \'"\' g'), ["a", "c", '"e // f"', "'\"'", "g"])

    def test_raw_string_ends_at_its_own_delimiter(self):
        self.assertEqual(self.words('x R"j({"a":"b)" /* })j" y'), ["x", 'R"j({"a":"b)" /* })j"', "y"])

    def test_digit_separator_opens_no_character(self):
        self.assertEqual(self.words("10'000 + 1'0; b"), ["10'000", "+", "1'0", ";", "b"])

    def test_line_numbers_survive_everything(self):
        text = '/* \n */ R"(\n\n)" "a" \\\n b\n#define X \\\n  y\nend'
        self.assertEqual([(t.text, t.line) for t in Source("x.cpp", text).tokens if t.text in "bend"], [("b", 5), ("end", 8)])

    def test_directive_is_one_token(self):
        tokens = Source("x.cpp", "#include <a/b.hpp>  // why\n  #  define F(x) \\\n  x\n").tokens
        self.assertEqual([t.kind for t in tokens], ["directive", "directive"])
        self.assertEqual(tokens[0].text, "include <a/b.hpp>")

    def test_cpp_blocks_of_a_document(self):
        blocks = cpp_blocks("text\n<!-- mark -->\n\n```cpp\na\nb\n```\n```sh\nc\n```\n```cpp\nd\n```\n")
        self.assertEqual([(b.line, b.text, b.before) for b in blocks], [(5, "a\nb\n", "<!-- mark -->"), (12, "d\n", "```")])


class TwoFacedSymbols(unittest.TestCase):
    NAMES = {"close", "assign", "wait"}

    def found(self, line):
        return bool(two_faced_symbols.found(line, self.NAMES))

    def test_functions_that_take_an_error_code(self):
        socket = "boost::asio::basic_socket<boost::asio::ip::tcp, boost::asio::any_io_executor>"
        code = "boost::system::error_code&"
        self.assertTrue(self.found(f"0000000000000000 W {socket}::close({code})"))
        self.assertTrue(self.found(f"0000000000000000 W {socket}::assign(boost::asio::ip::tcp const&, int const&, {code})"))
        self.assertFalse(self.found(f"0000000000000000 W {socket}::close()"))
        self.assertFalse(self.found(f"0000000000000000 W {socket}::read_some<x>(y const&, {code})"))
        self.assertFalse(self.found(f"0000000000000000 W boost::asio::detail::socket_service::close(int, {code})"))
        self.assertFalse(self.found(f"                 U {socket}::close({code})"))

    def test_names_come_from_the_headers(self):
        with tempfile.TemporaryDirectory() as folder:
            Path(folder, "a.hpp").write_text("  BOOST_ASIO_SYNC_OP_VOID close(error_code& ec)\n  void open(error_code&);\n")
            self.assertEqual(two_faced_symbols.declared(folder), {"close"})


class ExportedSymbols(unittest.TestCase):
    CATEGORY = "getty::connect::v0_4::error_category()"
    PART = "getty::connect::sandbox::v0_4::server::impl::start(int)"

    def strangers(self, line):
        return bool(exported_symbols.strangers(line))

    def test_what_a_library_may_show(self):
        for name in (f"T {self.CATEGORY}", "V typeinfo for getty::connect::v0_4::failure",
                     "T getty::connect::sandbox::v0_10::server::server(std::shared_ptr<getty::connect::sandbox::v0_10::server::impl>)",
                     "R getty_connect_v0_4_built_with__boost_108100__threads",
                     "u boost::asio::detail::call_stack<boost::asio::detail::thread_context, int>::top_",
                     "u guard variable for boost::asio::detail::service_base<boost::asio::detail::strand_service>::id"):
            self.assertFalse(self.strangers(f"0000000000001000 {name}"), name)

    def test_what_it_may_not(self):
        for name in ("T getty::connect::core::sanitize(char const*)", f"T {self.PART}",
                     "W std::vector<getty::connect::v0_4::secret>::~vector()",
                     "W boost::asio::detail::scheduler::run(boost::system::error_code&)",
                     "W boost::asio::detail::service_base<int>::id(int)", "V typeinfo for boost::asio::execution_context"):
            self.assertTrue(self.strangers(f"0000000000001000 {name}"), name)

    def test_what_the_archives_have_is_shown(self):
        archive = f"\nerror.o:\n0000000000000000 T {self.CATEGORY}\n0000000000000000 T {self.PART}\n0000000000000000 T core::f()\n"
        self.assertEqual(exported_symbols.missing("", archive), [self.CATEGORY])
        self.assertEqual(exported_symbols.missing(f"0000000000001000 T {self.CATEGORY}", archive), [])

    def test_a_copy_is_one_however_hidden(self):
        shown = f"0000000000001000 T {self.CATEGORY}\n0000000000001000 V typeinfo for getty::connect::v0_4::failure"
        self.assertEqual(exported_symbols.copies(shown, f"0000000000002000 t {self.CATEGORY}"), [self.CATEGORY])
        self.assertEqual(exported_symbols.copies(shown, "0000000000002000 V typeinfo for getty::connect::v0_4::failure"), [])


class CoroutineForms(unittest.TestCase):
    """Most forms are those that a compiler run showed to be miscompiled, or not."""

    BAD = {
        "capturing lambda in the statement": "int n = co_await ft([s = L()] { return 1; });",
        "lambda with captures, nested deep": "int n = co_await ft(g(1, h([&] { return 1; })));",
        "executor awaited in the spawning statement":
            "co_spawn(co_await this_coro::executor, [s = L()]() mutable { return fs(s); }, done);",
        "coroutine lambda with captures called on the spot": "co_await [s]() -> awaitable<void> { co_return; }();",
        "the same without an await":
            "co_spawn(ex, [this]() -> awaitable<void> { auto x = co_await f(); }(), done);",
        "aggregate temporary": "int n = co_await fa(agg{L()});",
        "designated aggregate": "int n = co_await fa(agg{.a = L(), .v = {1, 2}});",
        "braced list": "int n = co_await fv({L(), L(50)});",
        "braced list beside the await": "auto x = pair{co_await f(), 1};",
        "await in an arm": "std::string r = b ? co_await str(L()) : std::string();",
        "await in the condition of ?:": "auto r = co_await tr(s) ? a : b;",
        "temporary of an arm passed to an await": "auto r = co_await str(b ? L() : L(40));",
        "if condition": "if (co_await tr(L())) g();",
        "if condition with comparison": "if (co_await fs(L()) == 60) { g(); }",
        "if condition that declares": "if (auto x = co_await f()) g();",
        "if condition after an init statement": "if (int x = 1; co_await f(x)) g();",
        "else if": "if (a) { g(); } else if (co_await f()) { h(); }",
        "switch condition": "switch (co_await fs(L())) { case 60: break; default: break; }",
        "range-for header": "for (char c : co_await str(L())) g(c);",
        "while with comparison": "while (co_await fs(L()) == 60) g();",
        "while with negation": "while (!co_await tr(L())) g();",
        "while with and": "while (ok && co_await f()) g();",
        "while with and behind": "while (co_await f() && ok) g();",
        "do while with negation": "do { g(); } while (!co_await f());",
        "for condition": "for (int i = 0; i < co_await f(); ++i) g();",
        "two awaits": "int n = co_await f() + co_await g();",
        "nested awaits": "auto r = co_await f(co_await g());",
        "two awaits over lines": "auto r =\n    co_await f(\n        co_await g());",
        "inside a lambda body": "auto f = [&](int x) -> awaitable<int> { co_return co_await a() + co_await b(); };",
        "inside a lambda that is an argument": "spawn(ex, [&]() -> awaitable<void> { if (co_await f()) g(); }, t);",
        "inside a switch": "switch (x) { case A::b: { int n = co_await fa(agg{L()}); break; } default: g(); }",
        "after a label": "switch (x) { case 1: n = co_await fa(agg{L()}); }",
        "in a loop body without braces": "for (auto& x : xs) co_await fa(agg{x});",
        "in an if statement without braces": "if (x) co_await fa(agg{x}); else g();",
        "in an else without braces": "if (x) g(); else co_await fa(agg{x});",
        "in a try block": "try { co_await fa(agg{1}); } catch (const std::exception& e) { g(e); }",
        "in the init of an if": "if (auto x = co_await fa(agg{L()}); x) g();",
        "return statement": "co_return co_await fa({1, 2});",
        "after a raw string with brackets": 'auto j = R"({"a": ( )"; int n = co_await fa(agg{L()});',
    }
    GOOD = {
        "plain": "int n = co_await fs(L()); co_await g(); co_return n;",
        "named lambda": "auto f = [s = L()] { return 1; }; int n = co_await ft(std::move(f));",
        "lambda without captures": "int n = co_await ft([](int x) { return x; });",
        "executor first": "auto ex = co_await this_coro::executor; co_spawn(ex, [s = L()] { return fs(s); }, done);",
        "named aggregate": "agg o{.a = L(), .v = {1, 2}}; int n = co_await fa(std::move(o));",
        "await split from the call": "auto op = fa(agg{.a = L()}); int n = co_await std::move(op);",
        "chained options": "int n = co_await fo(opt{}.set(L()));",
        "empty braces": "co_await f(std::string{}, {});",
        "if with an init statement": "if (auto x = co_await f(L()); x == 60) g();",
        "switch with an init statement": "switch (int n = co_await f(L()); n) { case 60: g(); break; default: break; }",
        "while with a declaration": "while (auto o = co_await s.next()) { g(*o); }",
        "while with a typed declaration": "while (std::optional<x<y>> o = co_await s->next()) { g(*o); }",
        "while with a plain call": "while (co_await asio::tr<int>(L(), 1)) { if (++i > 2) break; }",
        "do while with a plain call": "do { g(); } while (co_await f());",
        "a for loop around": "for (int i = 0; i < 3; ++i) { co_await f(i); }",
        "range-for over braces around": "for (int i : {1, 2}) co_await f(i);",
        "one await in each statement of a lambda": "auto f = [&]() -> awaitable<void> { co_await a(); co_await b(); };",
        "lambda body does not count for its statement": "g([] { return agg{1}; }, a ? b : c);",
        "a subscript is no lambda": "auto x = co_await f(v[i], m[k][j]); auto& [a, b] = x; for (auto [c, d] : m) g(c);",
        "an attribute is no lambda": "[[maybe_unused]] auto x = co_await f();",
        "immediately called lambda that is no coroutine": "auto x = [&] { return agg{1}; }(); co_await f(x);",
        "blocks after labels": "switch (x) { case A::b: { co_await f(); co_await g(); } default: { co_await h(); } }",
        "in a comment or a string": 'g("if (co_await f())"); // co_await a(co_await b())\n/* co_await f({1}) */',
        "waived": "int n = co_await fa(agg{1});  // gcc12-ok: agg is trivially destructible",
        "waived on the last line": "int n = co_await fa(\n    agg{1});  // gcc12-ok: trivial",
        "waived above": "// gcc12-ok: trivial\nint n = co_await fa(agg{1});",
    }

    def function(self, body):
        return "template <typename T = int>\nasio::awaitable<void> thing<T>::run(agg a = {}, int b = 2) const {\n" + body + "\n}\n"

    def test_flags(self):
        for name, body in self.BAD.items():
            with self.subTest(name):
                self.assertTrue(coroutine_forms.check_text("x.cpp", self.function(body)), body)

    def test_leaves_alone(self):
        for name, body in self.GOOD.items():
            with self.subTest(name):
                self.assertEqual(coroutine_forms.check_text("x.cpp", self.function(body)), [], body)

    def test_finds_functions_in_every_surrounding(self):
        bad, good = "{ int n = co_await fa(agg{1}); }", "{ co_await f(); int n = co_await g(); }"
        heads = [
            "awaitable<void> f()", "auto f() -> awaitable<std::vector<int>>", "awaitable<void> c::f() const noexcept",
            "template <class T> requires(sizeof(T) > 1) awaitable<void> f(T = {})", "c::c(int a) : a_{a}, b_(1)",
            "c::c(int a) : a_{a}", "awaitable<void> operator()()", "awaitable<void> c::operator=(int)",
            'TEST_CASE("x {")', "static inline awaitable<void> f() try", "awaitable<void> f() override final",
        ]
        for head in heads:
            for around in ("{}", "namespace a::b {{ {} }}", "struct s : t<u> {{ public: {} }};",
                           "template <class T> class s {{ int x = 1; {} int y{{2}}; }};"):
                with self.subTest(head=head, around=around):
                    text = around.format(head + " " + bad)
                    self.assertEqual(len(coroutine_forms.check_text("x.cpp", text)), 1, text)
                    text = around.format(head + " " + good)
                    self.assertEqual(coroutine_forms.check_text("x.cpp", text), [], text)

    def test_a_waiver_needs_a_reason_and_its_own_statement(self):
        for body in ("int n = co_await fa(agg{1});  // gcc12-ok:", "// gcc12-ok: other\ng();\nint n = co_await fa(agg{1});",
                     "int n = co_await fa(agg{1}, [] {\n  g();  // gcc12-ok: inside the body\n});"):
            with self.subTest(body):
                self.assertTrue(coroutine_forms.check_text("x.cpp", self.function(body)))

    def test_reports_the_line_of_the_await(self):
        found = coroutine_forms.check_text("x.cpp", "awaitable<void> f() {\n  g();\n  auto x =\n      co_await f({1});\n}")
        self.assertEqual(lines(found), [4])

    def test_what_cannot_be_checked_is_a_finding(self):
        self.assertTrue(coroutine_forms.check_text("x.cpp", "void f() { g(; }"))
        self.assertTrue(coroutine_forms.check_text("x.cpp", "#define TRY(x) \\\n  auto y = co_await x\n"))

    def test_documents_are_checked_where_their_brackets_end_early(self):
        with tempfile.TemporaryDirectory() as root:
            for statement, verdict in (("if (co_await g()) h();", 1), ("co_await g();", 0)):
                page = f"```cpp\nvoid f() {{\n  {statement}\n```\n"
                (Path(root) / "README.md").write_text(page, encoding="utf-8")
                with contextlib.redirect_stdout(io.StringIO()) as printed:
                    self.assertEqual(coroutine_forms.main(root), verdict)
                self.assertEqual("README.md:3:" in printed.getvalue(), bool(verdict))


class IncludeDirection(unittest.TestCase):
    def check(self, path, include):
        return include_direction.check(Source(path, f"#include {include}\n"))

    def test_flags(self):
        for path, include in [
            ("src/core/a.cpp", '"proto/http/x.hpp"'), ("src/proto/http/a.cpp", '"policy/x.hpp"'), ("src/policy/a.cpp", '"proto/http/x.hpp"'),
            ("src/net/a.cpp", '"http/x.hpp"'), ("src/calls/a.cpp", '"credentials/x.hpp"'), ("src/client/a.cpp", '"cli/x.hpp"'),
            ("src/cli/a.cpp", '"client/x.hpp"'), ("src/sandbox/a.cpp", '"net/x.hpp"'), ("src/net/a.cpp", '"sandbox/x.hpp"'),
            ("src/core/a.cpp", '"b.hpp"'), ("src/core/a.cpp", '"../proto/b.hpp"'), ("src/net/a.cpp", '"core/../client/b.hpp"'),
            ("src/core/a.cpp", "<boost/asio/buffer.hpp>"), ("src/proto/http/a.cpp", "<boost/asio.hpp>"),
            ("src/policy/a.cpp", "<boost/beast/http.hpp>"), ("src/calls/a.cpp", "<boost/beast/http.hpp>"),
            ("src/client/a.cpp", "<boost/asio/ssl.hpp>"), ("src/client/a.cpp", "<openssl/ssl.h>"),
            ("src/core/a.cpp", "<openssl/crypto.h>"), ("src/cli/a.cpp", "<openssl/ssl.h>"),
            ("include/getty/connect/a.hpp", "<boost/beast/core.hpp>"), ("include/getty/connect/a.hpp", "<openssl/ssl.h>"),
            ("include/getty/connect/a.hpp", "<boost/asio/ssl/context.hpp>"), ("include/getty/connect/a.hpp", '"core/time.hpp"'),
            ("include/getty/connect/a.hpp", "<boost/asio/experimental/channel.hpp>"), ("examples/01_a.cpp", '"core/time.hpp"'),
            ("src/other/a.cpp", "<vector>"), ("src/a.cpp", "<vector>"), ("src/core/a.cpp", "MACRO"),
        ]:
            with self.subTest(path=path, include=include):
                self.assertEqual(lines(self.check(path, include)), [1])

    def test_leaves_alone(self):
        for path, include in [
            ("src/core/a.cpp", '"core/x.hpp"'), ("src/proto/http/a.cpp", '"core/x.hpp"'), ("src/net/a.cpp", '"policy/x.hpp"'),
            ("src/client/a.cpp", '"net/x.hpp"'), ("src/sandbox/a.cpp", '"proto/http/x.hpp"'), ("src/cli/a.cpp", '"cli/x.hpp"'),
            ("src/proto/http/a.cpp", "<openssl/evp.h>"), ("src/http/a.cpp", "<boost/beast/http.hpp>"),
            ("src/sandbox/a.cpp", "<boost/asio/ssl.hpp>"), ("src/calls/a.cpp", "<boost/asio/strand.hpp>"),
            ("src/calls/a.cpp", "<boost/asio/experimental/parallel_group.hpp>"), ("src/cli/a.cpp", "<CLI/CLI.hpp>"),
            ("examples/01_a.cpp", "<boost/beast/http.hpp>"), ("examples/01_a.cpp", "<boost/asio/ssl.hpp>"),
            ("include/getty/connect/a.hpp", "<boost/asio/awaitable.hpp>"), ("include/getty/connect/a.hpp", "<getty/connect/b.hpp>"),
            ("src/core/a.cpp", "<boost/system/error_code.hpp>"), ("src/proto/http/a.cpp", "<boost/json/basic_parser.hpp>"),
        ]:
            with self.subTest(path=path, include=include):
                self.assertEqual(self.check(path, include), [])

    def test_lower_layers_do_not_see_the_facades(self):
        for path, include in [("src/net/a.cpp", "client"), ("src/calls/a.hpp", "sharded_client"),
                              ("src/client/a.cpp", "sandbox"), ("src/sandbox/a.cpp", "client")]:
            self.assertTrue(self.check(path, f"<getty/connect/{include}.hpp>"), path)
        for path, include in [("src/client/a.cpp", "client"), ("src/sandbox/a.cpp", "sandbox"), ("src/cli/a.cpp", "client"),
                              ("src/cli/a.cpp", "sandbox"), ("src/calls/a.cpp", "options"),
                              ("include/getty/connect/client.hpp", "options"), ("examples/01_a.cpp", "client")]:
            self.assertEqual(self.check(path, f"<getty/connect/{include}.hpp>"), [], path)

    def test_an_include_in_a_comment_counts_for_nothing(self):
        source = Source("src/core/a.cpp", '// #include "net/x.hpp"\n/*\n#include "net/x.hpp"\n*/\n')
        self.assertEqual(include_direction.check(source), [])


class Seams(unittest.TestCase):
    def check(self, path, text):
        return seams.check(Source(path, text))

    def test_flags(self):
        for path, text in [
            ("src/policy/a.cpp", "auto t = std::chrono::steady_clock::now();"),
            ("src/net/tls.cpp", "auto t = steady_clock ::\n now();"),
            ("include/getty/connect/a.hpp", "system_clock::now()"),
            ("src/core/random.cpp", "high_resolution_clock::now()"),
            ("src/proto/http/a.cpp", "std::random_device d;"), ("src/proto/http/a.cpp", "RAND_bytes(p, n);"),
            ("src/net/a.cpp", 'std::getenv("HOME")'), ("src/client/a.cpp", "::secure_getenv(x)"),
            ("src/net/a.cpp", "std::this_thread::sleep_for(1s);"), ("test/unit/a.cpp", "usleep(5);"),
            ("src/net/a.cpp", "co_spawn(ex, f(), asio::detached);"), ("src/net/a.cpp", "using asio::detached; g(f, detached);"),
            ("src/net/a.cpp", "thread.detach();"), ("src/net/a.cpp", "// detached-ok:\nthread.detach();"),
        ]:
            with self.subTest(path=path, text=text):
                self.assertEqual(len(lines(self.check(path, text))) > 0, True)

    def test_leaves_alone(self):
        for path, text in [
            ("src/core/clock.cpp", "steady_clock::now()"), ("src/core/clock.cpp", "system_clock::now()"),
            ("src/core/random.cpp", "std::random_device d;"), ("src/cli/a.cpp", 'std::getenv("HOME")'),
            ("test/unit/a.cpp", "steady_clock::now(); getenv(x); co_spawn(ex, f(), asio::detached);"),
            ("src/net/a.cpp", "using clock = steady_clock; clock_.now(); x.now(); detached_count_ = 1; operand (x);"),
            ("src/net/a.cpp", '// steady_clock::now()\ng("random_device getenv");'),
            ("src/net/a.cpp", "co_spawn(ex, f(), asio::detached);  // detached-ok: the group waits for it"),
            ("src/net/a.cpp", "// detached-ok: the group waits for it\nco_spawn(ex, f(), asio::detached);"),
        ]:
            with self.subTest(path=path, text=text):
                self.assertEqual(self.check(path, text), [])

    def test_reports_the_line(self):
        self.assertEqual(lines(self.check("src/net/a.cpp", "int a;\n\nauto t = steady_clock::now();\n")), [3])


class Comments(unittest.TestCase):
    LONG = "/// " + "words " * 17

    def test_flags_what_a_formatter_leaves_behind(self):
        for text, line in [
            (self.LONG + "\n/// and\n/// more of it", 2),
            ("/// - an item\n/// that goes on here", 2),
            ("    /// - an item,\n    ///   which goes on,\n    /// here", 3),
            ("// " + "x" * 120, 1),
        ]:
            with self.subTest(text=text):
                self.assertEqual([found for found, _ in comments.check(text)], [line])

    def test_leaves_alone(self):
        for text in [
            self.LONG + "\n/// the end.\n/// Another sentence.",
            self.LONG + "\n/// the end",
            self.LONG + "\n///\n/// more",
            "/// - an item\n///   that goes on\n/// - and another\n///\n/// A new paragraph.",
            "/// a table of\n///     rows with a long text in the first and in the second column, up to the edge      x\n"
            "///                        of two columns\n///     next",
            'call("// ' + "x" * 120 + '");',
        ]:
            with self.subTest(text=text):
                self.assertEqual(comments.check(text), [])


class Guarantees(unittest.TestCase):
    SOURCES = {"unit/a_test.cpp": 'TEST_CASE("P1, S4: held") TEST_CASE("no number: P3")', "fuzz/f.cpp": ""}

    def findings(self, *rows):
        document = "".join(f"| {row} |\n" for row in rows)
        return [line for line in guarantees.findings(document, self.SOURCES) if "has no row" not in line]

    def test_a_row_needs_files_with_tests_of_its_number(self):
        good = ("P1 | x | y | `unit/a_test.cpp`", "S4 | x | y | `unit/a_test.cpp` `fuzz/f.cpp`")
        self.assertEqual(self.findings(*good), [])
        self.assertEqual(len(self.findings(*good, "P5 | x | y | `unit/a_test.cpp`")), 1)
        self.assertEqual(len(self.findings(*good, "P3 | x | y | `unit/gone_test.cpp`")), 1)
        self.assertEqual(len(self.findings(*good, "P4 | x | `unit/a_test.cpp` | none")), 1)

    def test_a_test_needs_a_row_that_names_its_file(self):
        self.assertEqual(len(self.findings("P1 | x | y | `unit/a_test.cpp`")), 1)

    def test_every_number_needs_a_row(self):
        missing = [line for line in guarantees.findings("", {}) if "has no row" in line]
        expected = sum(len(numbers) for numbers in guarantees.EXPECTED.values())
        self.assertEqual(len(missing), expected - len(guarantees.RETIRED))

    def test_a_retired_number_has_neither_row_nor_test(self):
        sources = {"unit/a_test.cpp": 'TEST_CASE("P2: held")'}
        row = "| P2 | x | y | `unit/a_test.cpp` |\n"
        of_it = [[line for line in guarantees.findings(document, sources) if "retired" in line] for document in ("", row)]
        self.assertEqual([len(lines) for lines in of_it], [1, 2])


class Promises(unittest.TestCase):
    HEADER = ("// The head, which never ends\n// on its first line. Nothing here.\n#pragma once\n// never: no doc comment\n"
              "/// It is always so. Not here (see a).\n/// Exactly one,\n/// `b` among them.\n///\n/// - no item;\n"
              "///   none either\n/// - an item, no\n///   other\n///\n///     never(code);\nint a = 1;  ///< no `||` more\n"
              "int b;  ///< nothing, knowing nobody\nint c;  ///< never\n        ///< c\n")
    SAYS = ["The head, which never ends on its first line.", "It is always so.", "Exactly one, `b` among them.",
            "no item; none either", "an item, no other", "no `||` more", "never c"]
    SOURCES = {"unit/a_test.cpp": 'TEST_CASE("P1: held") TEST_CASE(\n    "in two "\n    "pieces, \\"quoted\\"")',
               "integration/tool_test.py": "class A:\n    def test_it(self):\n"}
    TEST = '`unit/a_test.cpp` "P1: held"'

    def findings(self, *held, header=None, extra=""):
        says = self.SAYS if header is None else promises.sentences(header)
        held = list(held) + [self.TEST] * (len(says) - len(held))
        rows = [f"| `a.hpp` | {sentence} | {by} |\n".replace("||", "\\|\\|") for sentence, by in zip(says, held)]
        document = f"| P1 | x | y | z |\n{promises.SECTION}\n\n| header | sentence | held by |\n|---|---|---|\n"
        return promises.findings(document + "".join(rows) + extra + "\n## Next\n| no | row |\n",
                                 {"a.hpp": self.HEADER if header is None else header}, self.SOURCES)

    def test_sentences_of_paragraphs_items_and_trailing_comments(self):
        self.assertEqual(promises.sentences(self.HEADER), self.SAYS)

    def test_leaves_alone(self):
        for held in (self.TEST, "P1", f"P1 {self.TEST}", "definition", '`integration/tool_test.py` "test_it"',
                     "`unit/a_test.cpp` \"in two pieces, 'quoted'\""):
            with self.subTest(held):
                self.assertEqual(self.findings(held), ([], len(self.SAYS), 1 if held == "definition" else 0))

    def test_flags_what_holds_nothing(self):
        for held in ("P2", '`unit/a_test.cpp` "P1"', '`unit/b_test.cpp` "P1: held"', '`integration/tool_test.py` "test"',
                     "", "somebody", "P1 and others", "definition P1", "P1 | P1"):
            with self.subTest(held):
                self.assertTrue(self.findings(held)[0])

    def test_flags_a_sentence_without_a_row_and_a_row_without_a_sentence(self):
        self.assertEqual(len(self.findings(extra=f"| `a.hpp` | It never was. | {self.TEST} |\n")[0]), 1)
        self.assertEqual(len(self.findings(extra=f"| `b.hpp` | It is always so. | {self.TEST} |\n")[0]), 1)
        self.assertEqual(len(promises.findings("", {"a.hpp": self.HEADER}, self.SOURCES)[0]), len(self.SAYS))

    def test_flags_fewer_promises_than_there_were(self):
        self.assertEqual(promises.too_few(promises.LEAST, 0), [])
        self.assertEqual(len(promises.too_few(promises.LEAST, 1)), 1)


class ReadmeExamples(unittest.TestCase):
    FILE = "#include <a>\n\nint main() {\n    int a = 1;\n    if (a) {\n        b();\n    }\n}\n"

    def check(self, markdown, must_be_marked=True):
        with tempfile.TemporaryDirectory() as root:
            (Path(root) / "examples").mkdir()
            (Path(root) / "examples/01_a.cpp").write_text(self.FILE, encoding="utf-8")
            return readme_examples.check("README.md", markdown, root, must_be_marked)

    def block(self, text, mark="<!-- compiled: examples/01_a.cpp -->"):
        return f"{mark}\n```cpp\n{text}```\n"

    def test_an_excerpt_may_be_indented_less(self):
        self.assertEqual(self.check(self.block("int a = 1;\nif (a) {\n    b();\n}\n")), [])
        self.assertEqual(self.check(self.block(self.FILE)), [])

    def test_flags_what_differs(self):
        for text in ("int a = 2;\n", "int a = 1;\nb();\n", "int a = 1;\nif (a) {\nb();\n}\n", "int a = 1\n"):
            with self.subTest(text):
                self.assertEqual(lines(self.check(self.block(text))), [3])

    def test_flags_a_missing_mark_or_file(self):
        self.assertTrue(self.check(self.block("int a = 1;\n", mark="Text.")))
        self.assertTrue(self.check(self.block("int a = 1;\n", mark="<!-- not compiled:  -->")))
        self.assertTrue(self.check(self.block("int a = 1;\n", mark="<!-- compiled: examples/02_b.cpp -->")))

    def test_marks_are_optional_in_docs_and_a_reason_excuses(self):
        self.assertEqual(self.check(self.block("x\n", mark="Text."), must_be_marked=False), [])
        self.assertEqual(self.check(self.block("x\n", mark="<!-- not compiled: a sketch -->")), [])
        self.assertTrue(self.check(self.block("x\n"), must_be_marked=False))


class Reference(unittest.TestCase):
    HEADER = ("class a {\npublic:\n    /// What it does.\n    a& set(int x);\n    /// More.\n    template <class T>\n"
              "    auto run(T t);\n    /// Of a field.\n    int field;\n    int size() const;\n};\n")

    def findings(self, what):
        return reference.findings(f"/x/a.hpp:3: warning: {what}\n", {"a.hpp": self.HEADER})

    def member(self, signature, kind="function"):
        return f"Member {signature} ({kind}) of class getty::a is not documented."

    def test_functions_with_a_comment(self):
        self.assertEqual(reference.functions_with_comments(self.HEADER), {"a": {"set", "run"}})

    def test_names_that_say_all_need_no_comment(self):
        for what in (self.member("field", "variable"), self.member("one", "enumvalue"), self.member("a(a &&) noexcept"),
                     self.member("~a()"), self.member("operator=(a &&) noexcept"), self.member("size() const noexcept"),
                     self.member("set() const"), self.member("run(int n, T t)")):
            with self.subTest(what):
                self.assertEqual(self.findings(what), [])

    def test_everything_else_does(self):
        for what in (self.member("put(int x)"), self.member("take() &&"), self.member("at(int i) const"),
                     self.member("type", "typedef"), self.member("kind", "enumeration"), self.member("operator*() noexcept"),
                     "Compound getty::a is not documented.",
                     "unable to resolve reference to `b' for \\ref command", "Found unknown command `\\x'"):
            with self.subTest(what):
                self.assertEqual(len(self.findings(what)), 1)

    def test_the_version_is_that_of_the_headers(self):
        self.assertEqual(reference.version("#define GETTY_CONNECT_VERSION 1203\n"), "0.12.3")


class OptionsPage(unittest.TestCase):
    HEADER = """enum class mode { off, on };
struct client_settings {
    client_settings();
    std::string name;
    connect::mode mode = connect::mode::off;
    std::size_t max_things = 10'000;
    std::size_t max_body_bytes = 16 * 1024;
    std::chrono::milliseconds base = std::chrono::seconds(50);
    std::chrono::milliseconds cap{0};
    std::vector<mode> modes{mode::on, mode::off};
};
class client_options {
public:
    client_options();
    /// Its name. Default "VERSION".
    client_options& name(std::string text);
    /// Whether at all. Default off.
    client_options& mode(connect::mode choice);

    /// At least 1, default 10,000. Things at a time, by
    /// all | of them.
    client_options& max_things(std::size_t count);
    /// Of bodies, 1 to 64 KiB. Default 16 KiB.
    client_options& max_body_bytes(std::size_t bytes);
    /// Waits grow from `base` to `cap`. Default 50 s and 0.
    client_options& backoff(std::chrono::milliseconds base,
                            std::chrono::milliseconds cap);
    /// Several, default on, off.
    client_options& modes(std::vector<mode> all);
    [[nodiscard]] result<void> validate() const;
};
"""
    SOURCE = """client_options& client_options::name(std::string t) { settings_.name = std::move(t); return *this; }
client_options& client_options::mode(connect::mode c) { settings_.mode = c; return *this; }
client_options& client_options::max_things(std::size_t c) { settings_.max_things = c; return *this; }
client_options& client_options::max_body_bytes(std::size_t b) { settings_.max_body_bytes = b; return *this; }
client_options& client_options::backoff(milliseconds b, milliseconds c) { settings_.base = b; settings_.cap = c; return *this; }
client_options& client_options::modes(std::vector<mode> all) { settings_.modes = std::move(all); return *this; }
rules{{ {"max_things", s.max_things, 1, 65'535}, {"max_body_bytes", s.max_body_bytes, 1, 64 * 1024},
{"backoff base", s.base, one}, {"backoff cap", s.cap, none} }};
return refuse("name", quoted(s.name), "must be printable text, such as \\"a\\"");
"""
    GROUP = options_page.GROUPS[0]

    def options(self, header=HEADER, source=SOURCE):
        return options_page.options(self.GROUP, header, source)

    def findings(self, before, after):
        self.assertIn(before, self.HEADER)
        return [f for o in self.options(self.HEADER.replace(before, after)) for f in options_page.findings(o, "a.hpp")]

    def test_rows(self):
        rows = options_page.table(self.options()).split("\n")[2:-1]
        self.assertEqual(rows, [
            '| `name` | `string` | "VERSION" | printable text | Its name. |',
            "| `mode` | `mode` | `off` | `off`, `on` | Whether at all. |",
            "| `max_things` | `size_t` | 10,000 | 1 to 65,535 | Things at a time, by all \\| of them. |",
            "| `max_body_bytes` | `size_t` | 16 KiB | 1 to 64 KiB | Of bodies, 1 to 64 KiB. |",
            "| `backoff` | `milliseconds`, `milliseconds` | 50 s, 0 | base: 1 ms to 1 year, cap: 0 to 1 year | "
            "Waits grow from `base` to `cap`. |",
            "| `modes` | `vector<mode>` | `on`, `off` | `off`, `on` | Several, default on, off. |"])

    def test_leaves_alone(self):
        self.assertEqual([f for o in self.options() for f in options_page.findings(o, "a.hpp")], [])

    def test_flags_a_comment_that_says_otherwise(self):
        for before, after in (("= 10'000", "= 10'001"), ("default 10,000", "default 1,000"),
                              ("default 10,000", "default 100,000"), ("1 to 64 KiB", "1 to 65 KiB"),
                              ("mode::off;", "mode::on;"), ("seconds(50)", "minutes(50)"), ("50 s and 0", "50 s and 1 s"),
                              ("Default off.", "Default on.")):
            with self.subTest(after):
                self.assertEqual(len(self.findings(before, after)), 1)

    def test_flags_an_option_without_a_word(self):
        self.assertEqual(len(self.findings("    /// Its name. Default", "    /// Default")), 1)
        self.assertEqual(len(self.findings("    /// Whether at all. Default off.\n", "")), 1)

    def test_every_setting_has_an_option_and_every_option_a_setter(self):
        with self.assertRaisesRegex(ValueError, "sets extra"):
            self.options(self.HEADER.replace("    std::string name;", "    std::string name;\n    int extra = 1;"))
        with self.assertRaisesRegex(ValueError, "has no client_options::more"):
            self.options(self.HEADER.replace("    [[nodis", "    client_options& more(int n);\n    [[nodis"))

    def test_the_defaults_of_the_readme(self):
        groups = [("client_options", self.options())]
        rows = "\n## Defaults\n\n| `max_things`, of all | 10,000 |\n| `mode` | `off`, as ever |\n\n## Other\n\n| `gone` | 1 |\n"
        self.assertEqual(options_page.readme_findings(rows, groups), [])
        for before, after in (("10,000", "10,001"), ("10,000", "10,0000"), ("`off`", "`on`"), ("max_things", "max_other")):
            with self.subTest(after):
                self.assertEqual(len(options_page.readme_findings(rows.replace(before, after), groups)), 1)

    def test_a_page_that_is_not_current(self):
        with tempfile.TemporaryDirectory() as folder:
            root = Path(folder)
            for group in options_page.GROUPS:
                for path in (Path("include/getty/connect") / group.header, Path(group.source)):
                    (root / path).parent.mkdir(parents=True, exist_ok=True)
                    (root / path).write_text((HERE.parents[1] / path).read_text())
            (root / "docs").mkdir()
            (root / "README.md").write_text("")
            with contextlib.redirect_stdout(io.StringIO()):
                self.assertEqual(options_page.run(root, write=False), 1)
                self.assertEqual(options_page.run(root, write=True), 0)
                self.assertEqual(options_page.run(root, write=False), 0)
                header = root / "include/getty/connect/options.hpp"
                header.write_text(header.read_text().replace("max_buffered_ = 128", "max_buffered_ = 129"))
                self.assertEqual(options_page.run(root, write=False), 1)


if __name__ == "__main__":
    unittest.main()
