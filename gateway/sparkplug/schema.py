"""The Sparkplug B protobuf messages, described at run time.

The field numbers are facts of the Sparkplug 3.0 specification, chapter 6. Building the descriptors here leaves out
generated code and with it any lock between generator and runtime version.
"""

from __future__ import annotations

from typing import Any

from google.protobuf import descriptor_pb2, descriptor_pool, message_factory

_Field = descriptor_pb2.FieldDescriptorProto
_PACKAGE = "xietong.sparkplug"

_SCALARS = {
    "uint32": _Field.TYPE_UINT32,
    "uint64": _Field.TYPE_UINT64,
    "float": _Field.TYPE_FLOAT,
    "double": _Field.TYPE_DOUBLE,
    "bool": _Field.TYPE_BOOL,
    "string": _Field.TYPE_STRING,
    "bytes": _Field.TYPE_BYTES,
}

# message -> field -> (number, type, modifier); modifier "value" places the field in the oneof `value`.
_MESSAGES: dict[str, dict[str, tuple[int, str, str]]] = {
    "PropertyValue": {
        "type": (1, "uint32", ""),
        "is_null": (2, "bool", ""),
        "int_value": (3, "uint32", "value"),
        "long_value": (4, "uint64", "value"),
        "float_value": (5, "float", "value"),
        "double_value": (6, "double", "value"),
        "boolean_value": (7, "bool", "value"),
        "string_value": (8, "string", "value"),
    },
    "PropertySet": {
        "keys": (1, "string", "repeated"),
        "values": (2, "PropertyValue", "repeated"),
    },
    "Metric": {
        "name": (1, "string", ""),
        "alias": (2, "uint64", ""),
        "timestamp": (3, "uint64", ""),
        "datatype": (4, "uint32", ""),
        "is_historical": (5, "bool", ""),
        "is_transient": (6, "bool", ""),
        "is_null": (7, "bool", ""),
        "properties": (9, "PropertySet", ""),
        "int_value": (10, "uint32", "value"),
        "long_value": (11, "uint64", "value"),
        "float_value": (12, "float", "value"),
        "double_value": (13, "double", "value"),
        "boolean_value": (14, "bool", "value"),
        "string_value": (15, "string", "value"),
        "bytes_value": (16, "bytes", "value"),
    },
    "Payload": {
        "timestamp": (1, "uint64", ""),
        "metrics": (2, "Metric", "repeated"),
        "seq": (3, "uint64", ""),
        "uuid": (4, "string", ""),
        "body": (5, "bytes", ""),
    },
}


def _describe() -> descriptor_pb2.FileDescriptorProto:
    file = descriptor_pb2.FileDescriptorProto(name="xietong_sparkplug.proto", package=_PACKAGE, syntax="proto2")
    for name, fields in _MESSAGES.items():
        message = file.message_type.add(name=name)
        if any(modifier == "value" for _, _, modifier in fields.values()):
            message.oneof_decl.add(name="value")
        for field_name, (number, type_name, modifier) in fields.items():
            field = message.field.add(name=field_name, number=number)
            field.label = _Field.LABEL_REPEATED if modifier == "repeated" else _Field.LABEL_OPTIONAL
            if type_name in _SCALARS:
                field.type = _SCALARS[type_name]
            else:
                field.type, field.type_name = _Field.TYPE_MESSAGE, f".{_PACKAGE}.{type_name}"
            if modifier == "value":
                field.oneof_index = 0
    return file


_pool = descriptor_pool.DescriptorPool()
_pool.Add(_describe())

PayloadMessage: Any = message_factory.GetMessageClass(_pool.FindMessageTypeByName(f"{_PACKAGE}.Payload"))
"""Protobuf class of a whole payload."""

MetricMessage: Any = message_factory.GetMessageClass(_pool.FindMessageTypeByName(f"{_PACKAGE}.Metric"))
"""Protobuf class of one metric."""
