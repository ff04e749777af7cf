"""The manifest of a program, out of its syntax tree. Nothing of the program is run.

It is a tool itself: given `{"file", "program"}`, it returns `{"manifest", "warnings"}`, or `{"error"}`; errors and warnings have
`message`, `line` and `column`.
"""

import ast
import inspect

FIELDS = ("name", "description", "input", "output", "wants")


class Wrong(Exception):
    """Something in the source that cannot be read, with its place."""

    def __init__(self, node, message):
        super().__init__(message)
        self.line, self.column = (node.lineno, node.col_offset + 1) if node is not None else (1, 1)


def run(input):
    try:
        tree = ast.parse(input["program"], input["file"])
        manifest, warnings = Source(tree).manifest()
    except SyntaxError as error:
        return {"error": _place(error.msg, error.lineno or 1, error.offset or 1)}
    except (RecursionError, MemoryError):
        return {"error": _place("it is nested too deeply", 1, 1)}
    except ValueError as error:
        return {"error": _place(str(error), 1, 1)}
    except Wrong as error:
        return {"error": _place(str(error), error.line, error.column)}
    return {"manifest": manifest, "warnings": warnings}


def _place(message, line, column):
    return {"message": message, "line": max(1, line), "column": max(1, column)}


def _name(node):
    """The last part of a dotted name: `typing.List` is `List`."""
    return node.id if isinstance(node, ast.Name) else node.attr if isinstance(node, ast.Attribute) else None


class Source:
    """What the top level of a program declares."""

    def __init__(self, tree):
        self.tree = tree
        self.constants, self.classes, self.aliases, self.run = {}, {}, {}, None
        self.defs, self.building, self.warnings = {}, [], []
        for statement in tree.body:
            self._collect(statement)

    def _collect(self, statement):
        if isinstance(statement, (ast.FunctionDef, ast.AsyncFunctionDef)):
            if statement.name == "run":
                self.run = statement
        elif isinstance(statement, ast.ClassDef):
            self.classes[statement.name] = statement
        elif isinstance(statement, ast.Assign):
            for target in statement.targets:
                if isinstance(target, ast.Name):
                    self.constants[target.id] = statement.value
                    if target.id == "run" and isinstance(statement.value, ast.Lambda):
                        self.run = statement.value
        elif isinstance(statement, ast.AnnAssign) and isinstance(statement.target, ast.Name) and statement.value is not None:
            self.constants[statement.target.id] = statement.value
        elif isinstance(statement, ast.TypeAlias):
            self.aliases[statement.name.id] = statement.value
        elif isinstance(statement, (ast.If, ast.Try)):
            for inner in (*statement.body, *statement.orelse):
                self._collect(inner)

    def manifest(self):
        said = {}
        if "tool" in self.constants:
            node = self.constants["tool"]
            said = self.value(node)
            if not isinstance(said, dict):
                raise Wrong(node, "`tool` is the tool's description, a dictionary with " + ", ".join(FIELDS))
            for field in said:
                if field not in FIELDS:
                    raise Wrong(node, f"`tool` has no {field!r}: it has {', '.join(FIELDS)}")
        if self.run is None and not self._imports_run():
            raise Wrong(None, "it has no function run: write `def run(input): …`")
        if not said.get("description"):
            text = ast.get_docstring(self.run) if isinstance(self.run, (ast.FunctionDef, ast.AsyncFunctionDef)) else None
            text = text or ast.get_docstring(self.tree) or ""
            # What stands behind the first paragraph is for readers of the source.
            said["description"] = inspect.cleandoc(text).split("\n\n")[0]
        if self.run is not None:
            if "input" not in said:
                said["input"] = self._whole(self._input)
            if "output" not in said and getattr(self.run, "returns", None) is not None:
                said["output"] = self._whole(lambda: self.type(self.run.returns))
        return {key: value for key, value in said.items() if value is not None}, self.warnings

    def _imports_run(self):
        """Whether `run` comes from elsewhere, so that nothing is known of it."""
        if "run" in self.constants:
            return True
        for node in self.tree.body:
            if isinstance(node, (ast.Import, ast.ImportFrom)) and any((one.asname or one.name) == "run" for one in node.names):
                return True
        return False

    # ---- Values that are written out.

    def value(self, node, seen=()):
        """The value of an expression without calls."""
        if isinstance(node, ast.Constant) and not isinstance(node.value, (bytes, complex)) and node.value is not ...:
            return node.value
        if isinstance(node, ast.JoinedStr):
            parts = [part.value if isinstance(part, ast.Constant) else None for part in node.values]
            if None not in parts:
                return "".join(parts)
        elif isinstance(node, (ast.List, ast.Tuple)):
            items = []
            for item in node.elts:
                if isinstance(item, ast.Starred):
                    items.extend(self.value(item.value, seen))
                else:
                    items.append(self.value(item, seen))
            return items
        elif isinstance(node, ast.Dict):
            made = {}
            for key, item in zip(node.keys, node.values):
                if key is None:
                    other = self.value(item, seen)
                    if not isinstance(other, dict):
                        raise Wrong(item, "only a dictionary can be spread here")
                    made.update(other)
                    continue
                name = self.value(key, seen)
                if not isinstance(name, str):
                    raise Wrong(key, "a key is a text")
                made[name] = self.value(item, seen)
            return made
        elif isinstance(node, ast.UnaryOp) and isinstance(node.op, (ast.USub, ast.UAdd)):
            number = self.value(node.operand, seen)
            if isinstance(number, (int, float)) and not isinstance(number, bool):
                return -number if isinstance(node.op, ast.USub) else number
        elif isinstance(node, ast.BinOp) and isinstance(node.op, (ast.Add, ast.BitOr)):
            left, right = self.value(node.left, seen), self.value(node.right, seen)
            if isinstance(node.op, ast.BitOr) and isinstance(left, dict) and isinstance(right, dict):
                return {**left, **right}
            if isinstance(node.op, ast.Add) and type(left) is type(right) and isinstance(left, (str, list)):
                return left + right
        elif isinstance(node, ast.Name):
            if node.id in seen:
                raise Wrong(node, f"{node.id} is made of itself")
            if node.id in self.constants:
                return self.value(self.constants[node.id], (*seen, node.id))
        raise Wrong(node, f"`tool` and what it is made of is read and not run: write the value out, not `{_shown(node)}`")

    # ---- Schemas from annotations.

    def _whole(self, make):
        """A schema with the definitions that it needs; nothing if it says nothing."""
        self.defs, self.building = {}, []
        schema = make()
        if schema is None:
            return None
        if self.defs:
            schema = {**schema, "$defs": self.defs}
        return schema or None

    def _input(self):
        arguments = self.run.args
        named = [*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs]
        if not named and arguments.kwarg is None:
            return None
        if len(named) == 1 and not arguments.kwonlyargs and arguments.kwarg is None and self._takes_all(named[0]):
            return self.type(named[0].annotation) if named[0].annotation is not None else None
        positional = [*arguments.posonlyargs, *arguments.args]
        defaults = dict(zip(reversed([one.arg for one in positional]), reversed(arguments.defaults)))
        defaults.update({one.arg: value for one, value in zip(arguments.kwonlyargs, arguments.kw_defaults) if value is not None})
        properties, required = {}, []
        for one in named:
            schema = (self.type(one.annotation) if one.annotation is not None else None) or {}
            if one.arg in defaults:
                try:
                    schema = {**schema, "default": self.value(defaults[one.arg])}
                    if schema["default"] is None and not _takes_null(schema):
                        del schema["default"]
                except Wrong:
                    pass
            else:
                required.append(one.arg)
            properties[one.arg] = schema
        described = _arguments(ast.get_docstring(self.run)) if isinstance(self.run, (ast.FunctionDef, ast.AsyncFunctionDef)) else {}
        for name, text in described.items():
            if name in properties and "description" not in properties[name]:
                properties[name] = {**properties[name], "description": text}
        schema = {"type": "object", "properties": properties}
        if required:
            schema["required"] = required
        if arguments.kwarg is None:
            schema["additionalProperties"] = False
        return schema

    def _takes_all(self, parameter):
        """As `_parameters.Call` has it."""
        if parameter.arg in ("input", "_input", "input_") or parameter.annotation is None:
            return True
        node = _unquoted(parameter.annotation)
        name = _name(node.value if isinstance(node, ast.Subscript) else node)
        if name in ("dict", "Dict", "Any", "object"):
            return True
        found = self.classes.get(name)
        if found is None and name in self.aliases:
            return self._takes_all(ast.arg(parameter.arg, self.aliases[name]))
        return found is not None and (self._is(found, "TypedDict") or _is_dataclass(found))

    def _is(self, found, base, depth=0):
        names = [_name(one) for one in found.bases]
        return base in names or depth < 20 and any(name in self.classes and self._is(self.classes[name], base, depth + 1) for name in names)

    def type(self, node):
        """The schema of an annotation; nothing if it says nothing."""
        if node is None:
            return None
        node = _unquoted(node)
        if isinstance(node, ast.Constant) and node.value is None:
            return {"type": "null"}
        if isinstance(node, ast.BinOp) and isinstance(node.op, ast.BitOr):
            return _either([self.type(node.left), self.type(node.right)])
        if isinstance(node, ast.Subscript):
            items = node.slice.elts if isinstance(node.slice, ast.Tuple) else [node.slice]
            return self._generic(_name(node.value), items, node)
        name = _name(node)
        if name in _PLAIN:
            return dict(_PLAIN[name]) if _PLAIN[name] is not None else None
        if name in self.classes:
            return self._class(self.classes[name])
        if name in self.aliases or name in self.constants and _is_type(self.constants[name]):
            if name in self.building:
                return None
            self.building.append(name)
            try:
                return self.type(self.aliases.get(name) or self.constants[name])
            finally:
                self.building.remove(name)
        self.warnings.append(_place(f"the type `{_shown(node)}` says nothing in the schema", node.lineno, node.col_offset + 1))
        return None

    def _generic(self, name, items, node):
        if name in ("list", "List", "Sequence", "Iterable", "Collection", "MutableSequence", "deque"):
            return _with({"type": "array"}, "items", self.type(items[0]))
        if name in ("set", "Set", "frozenset", "FrozenSet", "AbstractSet"):
            return _with({"type": "array", "uniqueItems": True}, "items", self.type(items[0]))
        if name in ("dict", "Dict", "Mapping", "MutableMapping", "defaultdict", "OrderedDict"):
            return _with({"type": "object"}, "additionalProperties", self.type(items[1]) if len(items) == 2 else None)
        if name in ("tuple", "Tuple"):
            if len(items) == 2 and isinstance(items[1], ast.Constant) and items[1].value is ...:
                return _with({"type": "array"}, "items", self.type(items[0]))
            schemas = [self.type(item) or {} for item in items]
            return {"type": "array", "prefixItems": schemas, "minItems": len(schemas), "maxItems": len(schemas)}
        if name == "Optional":
            return _either([self.type(items[0]), {"type": "null"}])
        if name == "Union":
            return _either([self.type(item) for item in items])
        if name == "Literal":
            return {"enum": [self.value(item) for item in items]}
        if name == "Annotated":
            schema = self.type(items[0])
            for item in items[1:]:
                if isinstance(item, ast.Constant) and isinstance(item.value, str):
                    schema = {**(schema or {}), "description": item.value}
                elif isinstance(item, ast.Call) and _name(item.func) == "Field":
                    schema = {**(schema or {}), **self._field(item)}
            return schema
        if name in ("Required", "NotRequired", "ReadOnly", "Final", "ClassVar", "Awaitable", "Coroutine"):
            return self.type(items[-1])
        if name == "Counter":
            return {"type": "object", "additionalProperties": {"type": "integer"}}
        self.warnings.append(_place(f"the type `{_shown(node)}` says nothing in the schema", node.lineno, node.col_offset + 1))
        return None

    def _class(self, found):
        if self._is_enum(found):
            values = []
            for statement in found.body:
                if isinstance(statement, ast.Assign) and isinstance(statement.targets[0], ast.Name) and not statement.targets[0].id.startswith("_"):
                    if isinstance(statement.value, ast.Call) and _name(statement.value.func) == "auto":
                        name = statement.targets[0].id
                        values.append(name.lower() if self._is(found, "StrEnum") else len(values) + 1)
                    else:
                        values.append(self.value(statement.value))
            return {"enum": values}
        is_tuple, is_typed = self._is(found, "NamedTuple"), self._is(found, "TypedDict")
        if not (is_tuple or is_typed or _is_dataclass(found) or self._is(found, "BaseModel")):
            self.warnings.append(_place(f"the class {found.name} says nothing in the schema", found.lineno, found.col_offset + 1))
            return None
        if found.name not in self.defs:
            self.defs[found.name] = {}
            self.defs[found.name] = self._members(found, is_tuple, is_typed)
        return {"$ref": f"#/$defs/{found.name}"}

    def _is_enum(self, found):
        return any(self._is(found, base) for base in ("Enum", "IntEnum", "StrEnum"))

    def _fields(self, found, total=True, depth=0):
        """Its fields and those of its bases: name, annotation, default, whether it must be there."""
        fields = {}
        for base in found.bases:
            if _name(base) in self.classes and depth < 20:
                fields.update(self._fields(self.classes[_name(base)], True, depth + 1))
        for keyword in found.keywords:
            if keyword.arg == "total" and isinstance(keyword.value, ast.Constant):
                total = bool(keyword.value.value)
        is_typed = self._is(found, "TypedDict")
        for statement in found.body:
            if isinstance(statement, ast.AnnAssign) and isinstance(statement.target, ast.Name):
                kind = _name(statement.annotation.value) if isinstance(statement.annotation, ast.Subscript) else None
                if kind == "ClassVar":
                    continue
                needed = statement.value is None and (total or kind == "Required") and kind != "NotRequired"
                if not is_typed and isinstance(statement.value, ast.Call) and _name(statement.value.func) in ("field", "Field"):
                    given = {keyword.arg for keyword in statement.value.keywords}
                    has = {"default", "default_factory"} & given
                    first = statement.value.args[:1] if _name(statement.value.func) == "Field" else []
                    needed = not has and (not first or isinstance(first[0], ast.Constant) and first[0].value is ...)
                fields[statement.target.id] = statement.annotation, statement.value, needed
        return fields

    def _members(self, found, is_tuple, is_typed):
        fields = self._fields(found)
        if is_tuple:
            schemas = [self.type(annotation) or {} for annotation, _, _ in fields.values()]
            return {"type": "array", "prefixItems": schemas, "minItems": len(schemas), "maxItems": len(schemas)}
        properties = {}
        for name, (annotation, default, _) in fields.items():
            schema = self.type(annotation) or {}
            if isinstance(default, ast.Call) and _name(default.func) in ("field", "Field"):
                schema = {**schema, **self._field(default)}
            elif default is not None:
                try:
                    schema = {**schema, "default": self.value(default)}
                except Wrong:
                    pass
            properties[name] = schema
        schema = {"type": "object", "properties": properties}
        required = [name for name, (_, _, needed) in fields.items() if needed]
        if required:
            schema["required"] = required
        if not is_typed:
            schema["additionalProperties"] = False
        text = ast.get_docstring(found)
        return {"description": text.split("\n\n")[0], **schema} if text else schema

    def _field(self, call):
        """What a field's call says: description and bounds, as far as they are written out."""
        words = {"description": "description", "ge": "minimum", "le": "maximum", "gt": "exclusiveMinimum", "lt": "exclusiveMaximum",
                 "min_length": "minLength", "max_length": "maxLength", "pattern": "pattern", "default": "default"}
        said = {}
        for keyword in call.keywords:
            if keyword.arg in words:
                try:
                    said[words[keyword.arg]] = self.value(keyword.value)
                except Wrong:
                    pass
        return said


_PLAIN = {
    "str": {"type": "string"}, "int": {"type": "integer"}, "float": {"type": "number"}, "bool": {"type": "boolean"}, "None": {"type": "null"},
    "list": {"type": "array"}, "List": {"type": "array"}, "dict": {"type": "object"}, "Dict": {"type": "object"}, "tuple": {"type": "array"},
    "Tuple": {"type": "array"}, "set": {"type": "array", "uniqueItems": True}, "frozenset": {"type": "array", "uniqueItems": True},
    "Any": None, "object": None, "Decimal": {"type": "string"}, "Fraction": {"type": "string"}, "UUID": {"type": "string", "format": "uuid"},
    "Path": {"type": "string"}, "PurePath": {"type": "string"}, "PurePosixPath": {"type": "string"}, "timedelta": {"type": "number"},
    "date": {"type": "string", "format": "date"}, "datetime": {"type": "string"}, "time": {"type": "string"},
    "Counter": {"type": "object", "additionalProperties": {"type": "integer"}},
    "Mapping": {"type": "object"}, "Sequence": {"type": "array"}, "Iterable": {"type": "array"},
}


def _unquoted(node):
    """An annotation that is written as a text."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        try:
            inner = ast.parse(node.value, mode="eval").body
        except SyntaxError:
            raise Wrong(node, f"the annotation {node.value!r} is no type") from None
        return ast.copy_location(inner, node)
    return node


def _is_type(node):
    """Whether an assignment may be one of a type: `Names = list[str]`."""
    return isinstance(node, (ast.Subscript, ast.BinOp)) or isinstance(node, (ast.Name, ast.Attribute)) and _name(node) in _PLAIN


def _is_dataclass(found):
    return any(_name(one.func if isinstance(one, ast.Call) else one) == "dataclass" for one in found.decorator_list)


def _takes_null(schema):
    return schema.get("type") == "null" or not schema or any(one.get("type") == "null" for one in schema.get("anyOf", ()))


def _with(schema, key, inner):
    return schema if inner is None else {**schema, key: inner}


def _either(schemas):
    if None in schemas:
        return None
    flat = []
    for schema in schemas:
        flat.extend(schema["anyOf"] if set(schema) == {"anyOf"} else [schema])
    return {"anyOf": flat} if len(flat) > 1 else flat[0]


def _arguments(text):
    """What a docstring says of each parameter, in the form `name: …` or `name (type): …` below `Args:`."""
    found, inside = {}, False
    for line in (text or "").splitlines():
        word = line.strip()
        if word.rstrip(":").lower() in ("args", "arguments", "parameters") and word.endswith(":"):
            inside = True
        elif inside and line and not line[0].isspace():
            inside = False
        elif inside and ":" in word:
            name, said = word.split(":", 1)
            name = name.split("(")[0].strip()
            if name.isidentifier() and said.strip():
                found[name] = said.strip()
    return found


def _shown(node):
    text = ast.unparse(node)
    return text if len(text) <= 60 else text[:60] + "…"
