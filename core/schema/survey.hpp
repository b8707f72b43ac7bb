#pragma once

#include <string>
#include <vector>

#include "core/base/result.hpp"
#include "core/json/document.hpp"

/// JSON Schema: what clients demand that an answer be.
namespace kg::schema {

/// Reads a schema as drafts 4 to 2020-12 write it, before anything depends on it. An error names the
/// keyword by its JSON path in the client's request: a value of the wrong kind, a pattern that is none, a
/// reference that leads out of the document, to what is no schema, back to itself or through more than 1,000
/// levels of schemas, patterns of more than 1 MiB once compiled, more than 20,000 values.
/// Else the paths of keywords that answers are not checked for (patternProperties, propertyNames,
/// unevaluated*, minContains, maxContains), at most 16.
Result<std::vector<std::string>> survey(json::Node schema);

}  // namespace kg::schema
