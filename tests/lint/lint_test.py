"""Each rule of lint.py is shown to fire on a small bad tree, and to leave a good one alone."""

import os
import pathlib
import tempfile
import unittest

import compiling
import lint
import skips

GOOD = {
    "src/CMakeLists.txt": "room(base EXTERNAL asio)\nroom(http USES base EXTERNAL beast)\n",
    "cmake/external.cmake": "external(asio X)  # asio: boost/asio\n"
                            "external(beast X)  # beast: boost/beast\n",
    "src/base/README.md": "# base\n",
    "src/base/time.h": "#pragma once\n#include <string>\n",
    "src/base/time.cc": '#include "base/time.h"\n#include <boost/asio/post.hpp>\n'
                        "auto now = std::chrono::steady_clock::now();\n",
    "src/http/README.md": "# http\n",
    "src/http/server.cc": '#include "base/time.h"\n#include <boost/beast/http.hpp>\n'
                          "#include <sys/socket.h>\n",
    "src/http/server_test.cc": "#include <gtest/gtest.h>\n",
    "scripts/build": "#!/bin/bash\nset -euo pipefail\necho --help\n",
}
ROOMS = GOOD["src/CMakeLists.txt"]


def lint_tree(changes):
    with tempfile.TemporaryDirectory() as folder:
        root = pathlib.Path(folder)
        for name, text in {**GOOD, **changes}.items():
            if text is None:
                continue
            (root / name).parent.mkdir(parents=True, exist_ok=True)
            (root / name).write_text(text)
            if name.startswith("scripts/") and not name.endswith("_unrunnable"):
                os.chmod(root / name, 0o755)
        return lint.Lint(root).run()


class Rules(unittest.TestCase):
    def expect(self, rule, path, changes):
        found = [(f.rule, f.path) for f in lint_tree(changes)]
        self.assertEqual(found, [(rule, path)])

    def test_a_good_tree_has_no_finding(self):
        self.assertEqual([str(f) for f in lint_tree({})], [])

    def test_include_of_a_room_that_is_not_used(self):
        self.expect("include-room", "src/base/a.cc", {
            "src/base/a.cc": '#include "http/server.h"\n', "src/http/server.h": "#pragma once\n"})

    def test_include_of_a_library_that_is_not_named(self):
        self.expect("include-library", "src/http/a.cc",
                    {"src/http/a.cc": "#include <boost/asio/post.hpp>\n"})

    def test_include_of_an_unknown_library(self):
        self.expect("include-library", "src/base/a.cc",
                    {"src/base/a.cc": "#include <boost/spirit.hpp>\n"})

    def test_only_http_may_include_beast_whatever_its_line_says(self):
        self.expect("include-library", "src/base/a.cc", {
            "src/CMakeLists.txt": ROOMS.replace("asio", "asio beast"),
            "src/base/a.cc": "#include <boost/beast/core.hpp>\n"})

    def test_only_tests_may_include_gtest(self):
        self.expect("include-library", "src/base/a.cc", {
            "src/base/a.cc": "#include <gtest/gtest.h>\n"})

    def test_headers_are_named_with_their_room(self):
        self.expect("include-form", "src/base/a.cc", {"src/base/a.cc": '#include "time.h"\n'})
        self.expect("include-form", "src/base/a.cc", {"src/base/a.cc": "#include <base/time.h>\n"})
        self.expect("include-form", "src/base/a.cc", {"src/base/a.cc": '#include "base/no.h"\n'})

    def test_an_include_in_a_comment_is_none(self):
        self.assertEqual(lint_tree({"src/base/a.cc": '/*\n#include "http/no.h"\n*/\n'}), [])

    def test_cycle(self):
        self.expect("room-cycle", "src/CMakeLists.txt", {
            "src/CMakeLists.txt": ROOMS.replace("base EXT", "base USES http EXT", 1)})

    def test_rooms_and_folders_match(self):
        self.expect("room-without-line", "src/attic", {"src/attic/a.cc": "int a;\n"})
        self.expect("room-without-source", "src/CMakeLists.txt",
                    {"src/CMakeLists.txt": ROOMS + "room(store)\n"})
        self.expect("room-without-readme", "src/http", {"src/http/README.md": None})

    def test_room_lines_name_what_exists(self):
        self.expect("unknown-room", "src/CMakeLists.txt",
                    {"src/CMakeLists.txt": ROOMS.replace("USES base", "USES base flow")})
        self.expect("unknown-library", "src/CMakeLists.txt",
                    {"src/CMakeLists.txt": ROOMS.replace("asio", "asio qt")})

    def test_time_threads_and_chance_stay_in_their_places(self):
        for rule, code in {
                "clock": "auto t = std::chrono::system_clock::now();",
                "thread": "std::jthread runner{work};",
                "sleep": "usleep(5);",
                "random": "std::random_device device;",
                "timer": "boost::asio::steady_timer timer{executor};"}.items():
            with self.subTest(rule):
                self.expect(rule, "src/http/a.cc", {"src/http/a.cc": code + "\n"})
                self.assertEqual(lint_tree({"src/base/a.cc": code + "\n"}), [])
                self.assertEqual(lint_tree({"src/http/a.cc": f'// {code}\nauto s = "{code}";\n'}),
                                 [])

    def test_sizes(self):
        self.expect("columns", "src/base/a.cc", {"src/base/a.cc": "//" + "x" * 99 + "\n"})
        self.expect("file-size", "src/base/a.cc", {"src/base/a.cc": "\n" * 501})
        self.expect("file-size", "src/base/a.h", {"src/base/a.h": "#pragma once\n" + "\n" * 250})
        self.expect("file-size", "src/base/README.md", {"src/base/README.md": "\n" * 51})
        self.assertEqual(lint_tree({"src/base/a_test.cc": "\n" * 900}), [])

    def test_pragma_once(self):
        self.expect("pragma-once", "src/base/a.h", {"src/base/a.h": "int a();\n"})

    def test_words(self):
        for rule, text in {"unfinished": "// TO" "DO: later", "machine-path": '"/ho' 'me/me/x"',
                           "disabled-test": "TEST(A, DISA" "BLED_b) {}",
                           "silent-skip": "GTEST_" "SKIP();"}.items():
            with self.subTest(rule):
                self.expect(rule, "src/base/a_test.cc", {"src/base/a_test.cc": text + "\n"})

    def test_scripts(self):
        self.expect("not-executable", "scripts/a_unrunnable",
                    {"scripts/a_unrunnable": GOOD["scripts/build"]})
        self.expect("loose-script", "scripts/a", {"scripts/a": "#!/bin/bash\necho --help\n"})
        self.expect("script-without-help", "scripts/a",
                    {"scripts/a": "#!/bin/bash\nset -euo pipefail\n"})

    def test_an_exception_hides_its_finding_and_must_be_needed(self):
        code = {"src/http/a.cc": "usleep(5);\n"}
        where = "tests/lint/exceptions.txt"
        self.assertEqual(lint_tree({**code, where: "sleep src/http/a.cc a reason\n"}), [])
        self.expect("exception", where, {where: "sleep src/http/a.cc a reason\n"})
        self.expect("exception", where, {where: "sleep src/http/a.cc\n"})


class Skips(unittest.TestCase):
    XML = ('<testsuite><testcase name="a" status="run"/><testcase name="b" status="notrun"/>'
           '<testcase name="c" status="disabled"/></testsuite>')

    def test_what_did_not_run_must_be_expected(self):
        self.assertEqual(skips.unexpected("", self.XML), ["b", "c"])
        self.assertEqual(skips.unexpected("# why\nb reason\nc reason\n", self.XML), [])


class Compiling(unittest.TestCase):
    def test_precompiled_headers_and_outputs_are_dropped(self):
        words = ("env A=b ccache clang++-19 -DX -Xclang -fno-pch-timestamp -Winvalid-pch -Xclang "
                 "-include-pch -Xclang p.pch -Xclang -include -Xclang p.hxx -MD -MT t -MF d "
                 "-o a.o -c a.cc -std=c++2b").split()
        self.assertEqual(compiling.clean_flags(words), ["-DX", "-std=c++2b"])


if __name__ == "__main__":
    unittest.main()
