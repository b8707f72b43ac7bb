#include "daemon/api/dialects.hpp"

#include "core/anthropic/dialect.hpp"
#include "core/openai/completions.hpp"
#include "core/openai/dialect.hpp"
#include "core/responses/dialect.hpp"

namespace kg::api {
namespace {

constexpr std::string_view kReasoning = "responses/reasoning";

responses::ReasoningSeal reasoning_seal(const Sealer& sealer) {
    const auto own = std::make_shared<const Sealer>(sealer.derived(kReasoning));
    return {.seal = [own](std::string_view plain) { return own->seal(plain, kReasoning); },
            .open = [own](std::string_view sealed) -> std::optional<std::string> {
                auto plain = own->unseal(sealed, kReasoning);
                if (!plain) return std::nullopt;
                return plain->reveal();
            }};
}

}  // namespace

Dialects::Dialects(const Sealer& sealer)
    : openai(openai::make_dialect()),
      completions(openai::make_completions_dialect()),
      responses(responses::make_dialect(reasoning_seal(sealer))),
      anthropic(anthropic::make_dialect()),
      kept_responses(responses::make_dialect(reasoning_seal(sealer), responses::Storage::kept)) {}

}  // namespace kg::api
