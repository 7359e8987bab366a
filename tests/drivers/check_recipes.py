"""Checks how others build eigenprop, without their tools: Spack's recipe and environment against
what CMakeLists.txt requires, and the Apptainer definition against the checkout.

Usage: check_recipes.py SOURCE
"""

import ast
import json
import os
import re
import subprocess
import sys

# Spack's name of what CMake looks for; the rest has the same name.
SPACK_NAMES = {"HDF5": "hdf5", "Kokkos": "kokkos", "MPI": "mpi", "BLAS": "blas", "LAPACK": "lapack",
               "CLI11": "cli11", "GTest": "googletest", "PkgConfig": "pkgconfig",
               "Random123/philox.h": "random123", "matio.h": "matio"}
# What nothing in CMakeLists.txt names: compilers, build tools, and the modules of analysis.
TOOLS = {"c", "cxx", "cmake", "ninja", "python", "py-h5py", "py-scipy", "py-matplotlib",
         "py-pillow"}
# What a Spack environment has no line for: virtual packages and compilers.
VIRTUAL = {"c": None, "cxx": None, "mpi": "openmpi", "blas": "openblas", "lapack": "openblas",
           "pkgconfig": None}


def read(*path):
    with open(os.path.join(*path), encoding="utf-8") as file:
        return file.read()


def cmake_requirements(text):
    """{Spack's name: least version or ""} of all that a CMakeLists.txt looks for."""
    found = {}
    for name in re.findall(r"^\s*find_package\((\w+) REQUIRED", text, re.MULTILINE):
        found[SPACK_NAMES.get(name, name)] = ""
    for name, version in re.findall(r"pkg_check_modules\(\w+ REQUIRED IMPORTED_TARGET "
                                    r"([\w.-]+?)(?:>=([\d.]+))?\)", text):
        found[name] = version
    for name in re.findall(r"find_path\(\w+ (\S+) REQUIRED\)", text):
        found[SPACK_NAMES[name]] = ""
    return found


def spec_parts(spec):
    """(name, least version or "", {variant}) of a spec such as "kokkos@3.4: +serial"."""
    match = re.fullmatch(r"([\w-]+)(?:@([\d.]+):)?((?:\s*[+~][\w]+)*)", spec)
    assert match, f"spec {spec!r} is not understood"
    return match.group(1), match.group(2) or "", set(re.findall(r"[+~]\w+", match.group(3)))


class Recipe:
    """What Spack's package.py says."""

    def __init__(self, text):
        tree = ast.parse(text)
        classes = [node for node in tree.body if isinstance(node, ast.ClassDef)]
        assert [node.name for node in classes] == ["Eigenprop"], "one class, Eigenprop"
        self.bases = [base.id for base in classes[0].bases]
        self.dependencies, self.variants, self.defined = {}, {}, set()
        self.versions = []
        for node in ast.walk(classes[0]):
            if isinstance(node, ast.Call):
                self._read(node)

    def _read(self, call):
        name = call.func.id if isinstance(call.func, ast.Name) else call.func.attr
        values = [value.value for value in call.args if isinstance(value, ast.Constant)]
        keywords = {keyword.arg: ast.literal_eval(keyword.value) for keyword in call.keywords}
        if name == "depends_on":
            package, version, variants = spec_parts(values[0])
            self.dependencies.setdefault(package, []).append(
                (version, variants, keywords.get("when")))
        elif name == "variant":
            self.variants[values[0]] = keywords["default"]
        elif name == "version":
            self.versions.append(values[0])
        elif name == "define":
            self.defined.add(values[0])
        elif name == "define_from_variant":
            assert values[1] in self.variants, f"no variant {values[1]}"
            self.defined.add(values[0])


def check_recipe(source):
    folder = os.path.join(source, "jobs/spack_repo/eigenprop")
    recipe = Recipe(read(folder, "packages/eigenprop/package.py"))
    assert "namespace: eigenprop" in read(folder, "repo.yaml")
    assert recipe.bases == ["CMakePackage"] and recipe.versions
    main = read(source, "CMakeLists.txt")
    wanted = {name: (version, None) for name, version in cmake_requirements(main).items()}
    for path, when in (("tests", "+tests"), ("drivers/benchmarks", "+benchmarks")):
        for name, version in cmake_requirements(read(source, path, "CMakeLists.txt")).items():
            wanted[name] = (version, when)
    oldest = re.search(r"cmake_minimum_required\(VERSION ([\d.]+)\)", main).group(1)
    wanted["cmake"] = (oldest, None)
    # Kokkos' own check of versions refuses all but one major: CMake asks for none.
    tested = re.search(r"Tested with Kokkos (\d+\.\d+)", read(source, "lib/README.md")).group(1)
    wanted["kokkos"] = (tested, None)
    names = set(recipe.dependencies)
    assert names - TOOLS == set(wanted) - TOOLS, names ^ set(wanted)
    assert TOOLS <= names, TOOLS - names
    for name, (version, when) in wanted.items():
        given = recipe.dependencies[name][0]
        assert given[0] == version, f"{name}: at least {given[0]!r}, not {version!r}"
        assert given[2] == when, f"{name}: when {given[2]}, not {when}"
    for dependencies in recipe.dependencies.values():
        for _, _, when in dependencies:
            assert when is None or when.lstrip("+") in recipe.variants, when
    options = set(re.findall(r"^(?:option|set)\((EIGENPROP_\w+)", main, re.MULTILINE))
    assert recipe.defined and recipe.defined <= options, recipe.defined - options
    return recipe


def check_environment(source, recipe):
    """The environment has a line for each dependency, with the same variants and version."""
    lines = re.findall(r"^    - (.+)$", read(source, "jobs/spack.yaml"), re.MULTILINE)
    specs = {}
    for line in lines:
        name, version, variants = spec_parts(re.sub(r"\s\w+=\S+", "", line).strip())
        specs[name] = (version, variants)
    for name, dependencies in recipe.dependencies.items():
        name = VIRTUAL.get(name, name)
        if name is None:
            continue
        assert name in specs, f"jobs/spack.yaml lacks {name}"
        for version, variants, when in dependencies:
            if when == "+cuda":
                continue
            assert variants <= specs[name][1], f"jobs/spack.yaml: {name} lacks {variants}"
            assert version == specs[name][0] or not version, f"jobs/spack.yaml: {name}@{version}:"


def sections(text):
    """{name: lines} of a definition's sections."""
    parts = re.split(r"^%(\w+)\s*$", text, flags=re.MULTILINE)
    return dict(zip(parts[1::2], parts[2::2]))


def check_definition(source):
    path = os.path.join(source, "jobs/eigenprop.def")
    parts = sections(read(path))
    assert {"files", "post", "environment", "runscript", "test"} <= set(parts), set(parts)
    copied = {}
    for line in parts["files"].strip().splitlines():
        origin, target = line.split()
        assert os.path.exists(os.path.join(source, origin)), f"%files: there is no {origin}"
        copied[origin] = target
    root = "/opt/eigenprop"
    assert all(target == f"{root}/{origin}" for origin, target in copied.items()), copied
    for name in ("post", "environment", "runscript", "test"):
        # Apptainer runs them with sh.
        subprocess.run(["sh", "-n"], input=parts[name], text=True, check=True)
    post = parts["post"]
    scripts = re.findall(r"\bjobs/[\w.]+\.sh\b", post)
    assert scripts == ["jobs/setup.sh", "jobs/common.sh"], scripts
    for script in scripts:
        assert os.path.exists(os.path.join(source, script)), script
    preset, options = re.search(r"configure_and_build (\w+) ([^']+)'", post).groups()
    presets = json.loads(read(source, "CMakePresets.json"))["configurePresets"]
    assert preset in {entry["name"] for entry in presets}, preset
    common, main = read(source, "jobs/common.sh"), read(source, "CMakeLists.txt")
    assert re.search(r"^configure_and_build\(\)", common, re.MULTILINE)
    for option in re.findall(r"-D(\w+)=", options):
        assert re.search(rf"^(?:option|set)\({option}\b", main, re.MULTILINE), option
    for variable in re.findall(r"\b(EIGENPROP_\w+)=", post):
        assert "${" + variable in common, f"jobs/common.sh knows no {variable}"
    # What CMake adds and reads must be there.
    for folder in re.findall(r"^add_subdirectory\((\w+)\)", main, re.MULTILINE):
        assert folder in copied, f"%files lacks {folder}"
    for program in re.findall(r"^\s*(\w+) --dry-run", parts["test"], re.MULTILINE):
        assert os.path.exists(os.path.join(source, "drivers", program + ".cpp")), program


def main():
    source = sys.argv[1]
    check_environment(source, check_recipe(source))
    check_definition(source)


if __name__ == "__main__":
    main()
