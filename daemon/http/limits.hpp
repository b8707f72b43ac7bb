#pragma once

#include <chrono>
#include <cstddef>

namespace kg::httpd {

/// Every bound of the HTTP server, in one place; `serve` fills it from section [limits].
struct Limits {
    std::size_t head_max_bytes = 32u << 10;  // request line and header fields: 431
    std::size_t url_max_bytes = 8u << 10;    // 414
    std::size_t body_max_bytes = 32u << 20;  // after decompression: 413
    std::chrono::milliseconds head_timeout{
        10'000};  // from first byte of a request to the end of its head: 408
    std::chrono::milliseconds body_timeout{30'000};  // longest pause between body bytes: 408
    std::chrono::milliseconds body_total_timeout{300'000};
    std::chrono::milliseconds keep_alive_timeout{75'000};  // idle between requests
    std::chrono::milliseconds send_timeout{60'000};        // longest time without progress on a paused client
    std::size_t connections_max = 10'000;                  // per process; beyond it accept pauses
    std::size_t write_high_bytes = 256u << 10;             // above: producers are paused
    std::size_t write_low_bytes = 64u << 10;               // below: they go on
    std::size_t pipelined_max_bytes = 64u << 10;           // unread bytes kept while a request is answered
};

}  // namespace kg::httpd
