// SPDX-License-Identifier: MIT
#define DOCTEST_CONFIG_IMPLEMENT
#include <doctest/doctest.h>

#include <cstdio>

namespace {

/// Counts the cases that ran, which doctest does not tell its caller.
struct case_counter : doctest::IReporter {
    static inline int ran = 0;

    explicit case_counter(doctest::ContextOptions const&) {}
    void test_case_start(doctest::TestCaseData const&) override { ++ran; }

    void report_query(doctest::QueryData const&) override {}
    void test_run_start() override {}
    void test_run_end(doctest::TestRunStats const&) override {}
    void test_case_reenter(doctest::TestCaseData const&) override {}
    void test_case_end(doctest::CurrentTestCaseStats const&) override {}
    void test_case_exception(doctest::TestCaseException const&) override {}
    void subcase_start(doctest::SubcaseSignature const&) override {}
    void subcase_end() override {}
    void log_assert(doctest::AssertData const&) override {}
    void log_message(doctest::MessageData const&) override {}
    void test_case_skipped(doctest::TestCaseData const&) override {}
};

REGISTER_LISTENER("case_counter", 0, case_counter);

} // namespace

int main(int argc, char** argv) {
    doctest::Context context(argc, argv);
    int const result = context.run();
    if (context.shouldExit()) // a query, such as --list-test-cases
        return result;
    if (case_counter::ran == 0) {
        // doctest calls that a success, and a misspelt name would pass for a test.
        std::fputs("no test case ran\n", stderr);
        return 1;
    }
    return result;
}
