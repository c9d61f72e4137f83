#!/usr/bin/env python3
"""Uses the library in every way that a program may, and prints a table of what passed.

Usage: matrix.py ROOT [WORD]   (only the forms whose name has the WORD)

Expects the presets dev, shared, tool and package to be built: `./dev matrix`. Each form builds and runs
project/border.cpp, which looks images up. What a form printed is in build/matrix/.
"""
import os
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(sys.argv[1])
WORK = ROOT / "build/matrix"
PROJECT = ROOT / "test/consumer/project"
GXX, CLANG = "g++", "clang++-19"


class Failed(Exception):
    pass


class Form:
    """One way to use the library, in a folder of its own."""

    def __init__(self, name):
        self.folder = WORK / "".join(c if c.isalnum() else "_" for c in name)
        shutil.rmtree(self.folder, ignore_errors=True)
        self.folder.mkdir(parents=True)
        self.log = open(self.folder / "log", "w")

    def run(self, *command, env=None, fails_with=None):
        command = [str(word) for word in command]
        print("$", *command, file=self.log, flush=True)
        done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, env={**os.environ, **(env or {})})
        print(done.stdout, file=self.log, flush=True)
        said = " ".join(done.stdout.split())
        if (done.returncode == 0) == bool(fails_with) or (fails_with or "") not in said:
            raise Failed(f"{command[0]} gave {done.returncode}, see {self.log.name}")
        return done.stdout

    def install(self, build, prefix="prefix", destdir=None):
        """The folder to find it in."""
        if destdir:
            self.run("cmake", "--install", ROOT / "build" / build, "--prefix", prefix, env={"DESTDIR": str(self.folder / destdir)})
            return self.folder / destdir / prefix.lstrip("/")
        self.run("cmake", "--install", ROOT / "build" / build, "--prefix", self.folder / prefix)
        return self.folder / prefix

    def configure(self, compiler, build_type, flags, *options, **how):
        self.run("cmake", "-G", "Ninja", "-S", PROJECT, "-B", self.folder / "build", f"-DCMAKE_CXX_COMPILER={compiler}",
                 "-DCMAKE_CXX_COMPILER_LAUNCHER=ccache", f"-DCMAKE_BUILD_TYPE={build_type}", f"-DCMAKE_CXX_FLAGS={flags}",
                 "-DCMAKE_FIND_USE_PACKAGE_REGISTRY=OFF", *options, **how)

    def build_and_run(self, program="border"):
        self.run("cmake", "--build", self.folder / "build", "--target", program, "-j", os.environ.get("GETTY_BUILD_JOBS", "2"))
        self.run(self.folder / "build" / program)


def installed(build, build_type="Debug", flags="", compiler=GXX):
    def act(form):
        prefix = form.install(build)
        form.configure(compiler, build_type, flags, f"-DCMAKE_PREFIX_PATH={prefix}")
        form.build_and_run()
    return act


def moved(build):
    """The program is built and run where nothing is left of the place that it was installed to."""
    def act(form):
        prefix = form.install(build).rename(form.folder / "another place")
        form.configure(GXX, "Debug", "", f"-DCMAKE_PREFIX_PATH={prefix}")
        form.build_and_run()
    return act


def staged(build):
    def act(form):
        prefix = form.install(build, "/opt/getty", destdir="stage")
        form.configure(GXX, "Debug", "", f"-DCMAKE_PREFIX_PATH={prefix}")
        form.build_and_run()
    return act


def by_pkg_config(build, *options):
    def act(form):
        compile_by_pkg_config(form, form.install(build), *options)
    return act


def compile_by_pkg_config(form, prefix, *options):
    folder = next(prefix.rglob("getty_connect.pc")).parent
    flags = form.run("pkg-config", "--cflags", "--libs", *options, "getty_connect_sandbox",
                     env={"PKG_CONFIG_PATH": str(folder)}).split()
    form.run(GXX, "-std=c++20", PROJECT / "border.cpp", *flags, "-o", form.folder / "border")
    form.run(form.folder / "border", env={"LD_LIBRARY_PATH": str(folder.parent)})


def from_source(*options):
    def act(form):
        form.configure(GXX, "Debug", "", *options)
        form.build_and_run()
    return act


def debian_packages(form):
    form.run("sh", "-c", f"cd '{ROOT}/build/package' && cpack -B '{form.folder}/packages'")
    for package in (form.folder / "packages").glob("*.deb"):
        form.run("dpkg-deb", "-x", package, form.folder / "root")
    prefix = form.folder / "root/usr"
    form.run(prefix / "bin/getty-connect", "--version")
    form.configure(GXX, "Release", "", f"-DCMAKE_PREFIX_PATH={prefix}")
    form.build_and_run()
    compile_by_pkg_config(form, prefix)


def without_sandbox(form):
    """The build folder lies where those of the presets do, for the compiler cache."""
    build = ROOT / "build/no-sandbox"
    form.run("cmake", "-G", "Ninja", "-S", ROOT, "-B", build, "-DCMAKE_BUILD_TYPE=Debug", "-DGETTY_CONNECT_BUILD_SANDBOX=OFF")
    form.run("cmake", "--build", build, "-j", os.environ.get("GETTY_BUILD_JOBS", "2"))
    prefix = form.install("no-sandbox")
    form.configure(GXX, "Debug", "", f"-DCMAKE_PREFIX_PATH={prefix}", fails_with="was built without its component sandbox")
    (form.folder / "CMakeLists.txt").write_text(f"""cmake_minimum_required(VERSION 3.25)
project(user LANGUAGES CXX)
find_package(getty_connect 0.8 REQUIRED)
add_executable(user {PROJECT}/main.cpp)
target_link_libraries(user PRIVATE getty::connect)
""")
    form.run("cmake", "-G", "Ninja", "-S", form.folder, "-B", form.folder / "alone", f"-DCMAKE_PREFIX_PATH={prefix}")
    form.run("cmake", "--build", form.folder / "alone")
    form.run(form.folder / "alone/user")


FORMS = {}
for kind, debug, release in (("static", "dev", "tool"), ("shared", "shared", "package")):
    FORMS |= {
        f"{kind}, debug library, debug program": installed(debug),
        f"{kind}, debug library, release program": installed(debug, "Release"),
        f"{kind}, release library, debug program": installed(release),
        f"{kind}, release library, release program": installed(release, "Release"),
        f"{kind}, BOOST_ASIO_NO_DEPRECATED": installed(debug, flags="-DBOOST_ASIO_NO_DEPRECATED"),
        f"{kind}, _GLIBCXX_ASSERTIONS": installed(debug, flags="-D_GLIBCXX_ASSERTIONS"),
        f"{kind}, _FORTIFY_SOURCE and hardening": installed(
            release, flags="-O2 -D_FORTIFY_SOURCE=2 -fstack-protector-strong -fcf-protection -Wl,-z,relro,-z,now"),
        f"{kind}, -fvisibility=hidden": installed(debug, flags="-fvisibility=hidden -fvisibility-inlines-hidden"),
        f"{kind}, -flto": installed(release, "Release", "-flto"),
        f"{kind}, C++23": installed(debug, flags="-std=c++2b"),
        f"{kind}, program by clang++-19": installed(debug, compiler=CLANG),
        f"{kind}, release program by clang++-19": installed(release, "Release", compiler=CLANG),
        f"{kind}, prefix moved after the installation": moved(debug),
        f"{kind}, DESTDIR": staged(debug),
        f"{kind}, pkg-config": by_pkg_config(debug),
        f"{kind}, pkg-config --static": by_pkg_config(debug, "--static"),
    }
FORMS |= {
    "Debian packages, find_package and pkg-config": debian_packages,
    "add_subdirectory": from_source(f"-DGETTY_CONNECT_SOURCE={ROOT}"),
    "add_subdirectory, BUILD_SHARED_LIBS": from_source(f"-DGETTY_CONNECT_SOURCE={ROOT}", "-DBUILD_SHARED_LIBS=ON"),
    "FetchContent from a repository": from_source(f"-DGETTY_CONNECT_REPOSITORY=file://{ROOT}"),
    "FetchContent from a folder": from_source("-DGETTY_CONNECT_REPOSITORY=unused",
                                              f"-DFETCHCONTENT_SOURCE_DIR_GETTY_CONNECT={ROOT}"),
    "built without the sandbox": without_sandbox,
}


def main(word=""):
    print("| form | |\n|---|---|", flush=True)
    failed = []
    for name, act in FORMS.items():
        if word not in name:
            continue
        try:
            act(Form(name))
            print(f"| {name} | passed |", flush=True)
        except (Failed, OSError) as why:
            failed.append(f"{name}: {why}")
            print(f"| {name} | **failed** |", flush=True)
    print(*failed, sep="\n", file=sys.stderr)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[2:]))
