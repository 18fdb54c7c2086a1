#!/usr/bin/env python3
"""Installs into an empty tree and uses nothing else: headers compile alone as C and C++, the example builds by pkg-config
and runs, only sw_ names are exported.

usage: embed.py BUILD SOURCE
"""
import glob
import os
import re
import shutil
import subprocess
import sys
import tempfile

COUNTS = {True: 0, False: 0}


def verdict(what, good, detail=""):
    COUNTS[good] += 1
    if not good:
        print(f"FAIL {what}: {detail}")


def run(*words, **more):
    return subprocess.run(words, capture_output=True, text=True, check=False, timeout=60, **more)


def main():
    build, source = sys.argv[1:]
    with tempfile.TemporaryDirectory() as root:
        done = run("meson", "install", "-C", build, "--no-rebuild", "--quiet", env={**os.environ, "DESTDIR": root})
        verdict("install", done.returncode == 0, done.stdout + done.stderr)
        found = glob.glob(f"{root}/**/pkgconfig/stepwell.pc", recursive=True)
        verdict("stepwell.pc", len(found) == 1, found)
        if not found:
            return
        env = {**os.environ, "PKG_CONFIG_PATH": os.path.dirname(found[0]), "PKG_CONFIG_SYSROOT_DIR": root}
        flags = run("pkg-config", "--cflags", "--libs", "stepwell", env=env).stdout.split()
        check_headers(root, [f for f in flags if f.startswith("-I")])
        libraries = [f[2:] for f in flags if f.startswith("-L")]
        sanitized = run("nm", "-D", glob.glob(f"{root}/**/libstepwell.so", recursive=True)[0]).stdout
        check_symbols(sanitized)
        if "__asan_init" in sanitized:
            print("skipped: the example is not linked against a library with sanitizers")
            return
        check_example(root, source, flags, libraries)
        check_jsonata(root, source, flags, libraries)


def check_headers(root, includes):
    headers = glob.glob(f"{root}/**/include/stepwell/**/*.h", recursive=True)
    verdict("installed headers", len(headers) >= 6, headers)
    for header in headers:
        name = header.split("/include/", 1)[1]
        compilers = [("cc", "c", "gnu11" if "adapters/" in name else "c11")]  # libev itself asks for POSIX
        if shutil.which("c++") and "adapters/" not in name:
            compilers.append(("c++", "c++", "c++17"))
        for compiler, language, standard in compilers:
            done = run(compiler, "-x", language, f"-std={standard}", "-Wall", "-Wextra", "-Werror", "-fsyntax-only",
                       *includes, "-", input=f"#include <{name}>\n")
            verdict(f"{name} alone as {language}", done.returncode == 0, done.stderr[:800])


def check_symbols(listing):
    exported = re.findall(r"^\S+ [TDBR] (\w+)", listing, re.M)
    strange = [name for name in exported if not name.startswith("sw_")]
    verdict("only sw_ names are exported", exported and not strange, strange[:10])


def check_example(root, source, flags, libraries):
    program = os.path.join(root, "embed-libev")
    done = run("cc", "-std=c11", "-D_DEFAULT_SOURCE", "-Wall", "-Wextra", "-o", program,
               os.path.join(source, "examples", "embed-libev.c"), *flags, "-lev")
    verdict("embed-libev builds", done.returncode == 0, done.stderr[:2000])
    if done.returncode:
        return
    env = {**os.environ, "LD_LIBRARY_PATH": ":".join(libraries)}
    for words in ([program], [program, os.path.join(root, "data")], [program, os.path.join(root, "data")]):
        done = run(*words, env=env)
        good = done.returncode == 0 and '"state": "Shout", "got": {"state": "Greet"' in done.stdout
        verdict("embed-libev runs", good, f"{done.returncode} {done.stdout} {done.stderr}")


def check_jsonata(root, source, flags, libraries):
    program = os.path.join(root, "jsonata")
    done = run("cc", "-std=c11", "-D_DEFAULT_SOURCE", "-Wall", "-Wextra", "-o", program,
               os.path.join(source, "examples", "jsonata.c"), *flags, "-ljansson")
    verdict("jsonata builds", done.returncode == 0, done.stderr[:2000])
    if done.returncode:
        return
    env = {**os.environ, "LD_LIBRARY_PATH": ":".join(libraries)}
    given = '{"items": [{"price": 2}, {"price": 3}]}'
    done = run(program, "$sum(items.price)", env=env, input=given)
    verdict("jsonata evaluates", (done.returncode, done.stdout) == (0, "5\n"), done.stdout + done.stderr)
    done = run(program, "$sum(items", env=env, input=given)
    verdict("jsonata tells mistakes", done.returncode == 1 and done.stderr.startswith("S0203 at 1:11: "), done.stderr)


if __name__ == "__main__":
    main()
    print(f"{COUNTS[True]} passed, {COUNTS[False]} failed")
    sys.exit(1 if COUNTS[False] else 0)
