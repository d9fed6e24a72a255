"""Makes one program of all C++ blocks in Markdown files, so that the documents cannot lie.

usage: extract_examples.py OUTPUT.cc FILE.md...
A block with a `main` keeps its includes and becomes a function; any other becomes a function body.
"""
import pathlib
import re
import sys

BLOCK = re.compile(r"^```cpp\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def main(output, files):
    definitions, calls = [], []
    for path in map(pathlib.Path, files):
        for number, block in enumerate(BLOCK.findall(path.read_text()), start=1):
            name = f"{path.stem.lower().replace('-', '_')}_{number}"
            code = re.sub(r"^#include.*\n", "", block, flags=re.MULTILINE)
            if "int main()" in code:
                code = code.replace("int main()", f"void {name}()")
            else:
                code = f"void {name}() {{\n{code}}}\n"
            definitions.append(f"// {path.name}, block {number}\n{code}")
            calls.append(f'  std::cout << "-- {path.name}, block {number}\\n";\n  {name}();\n')
    if not calls:
        sys.exit("no C++ block found")
    pathlib.Path(output).write_text(
        "#include <gt/gt.h>\n\n#include <iostream>\n#include <vector>\n\nnamespace {\n\n"
        + "\n".join(definitions)
        + "\n}  // namespace\n\nint main() {\n"
        + "".join(calls)
        + "}\n"
    )


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2:])
