#include "daemon/api/dialects.hpp"

#include "core/anthropic/dialect.hpp"
#include "core/openai/dialect.hpp"

namespace kg::api {
Dialects::Dialects()
    : openai(openai::make_dialect()),
      anthropic(anthropic::make_dialect()) {}

}  // namespace kg::api
