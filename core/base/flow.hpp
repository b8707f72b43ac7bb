#pragma once

namespace kg {

/// A consumer's answer to each piece it is given. After `pause` the producer stops as soon as it
/// can (pieces already in its hands may still arrive) and goes on when told to resume.
enum class Flow : bool { more, pause };

}  // namespace kg
