/* SPDX-License-Identifier: MIT
 * The flow's tables, its defaults, and choosing by text. */
#include "base/status.h"
#include "core/choose.h"
#include "dynamics/lagrangian.h"

#include <string.h>

static const uhn_lagrangian *const value_rows[] = {&uhn_lagrangian_quadratic, &uhn_lagrangian_log_cosh,
                                                   &uhn_lagrangian_layer_norm};
static const uhn_lagrangian *const memory_rows[] = {
    &uhn_lagrangian_log_sum_exp, &uhn_lagrangian_polynomial, &uhn_lagrangian_rectified_polynomial,
    &uhn_lagrangian_max,         &uhn_lagrangian_entmax,     &uhn_lagrangian_log_sum_relu};

const uhn_lagrangian *uhn_lagrangian_at(uhn_layer layer, size_t index)
{
    if (layer == UHN_LAYER_VALUE)
        return index < sizeof value_rows / sizeof *value_rows ? value_rows[index] : NULL;
    return layer == UHN_LAYER_MEMORY && index < sizeof memory_rows / sizeof *memory_rows ? memory_rows[index] : NULL;
}

static const char *const integrator_names[UHN_INTEGRATOR_COUNT] = {"adiabatic", "gauss-seidel", "euler", "rk4"};

const char *uhn_integrator_text(uhn_integrator integrator)
{
    return (unsigned)integrator < UHN_INTEGRATOR_COUNT ? integrator_names[integrator] : "unknown";
}

const char *uhn_ending_text(uhn_ending ending)
{
    static const char *const texts[UHN_ENDING_COUNT] = {"fixed-point", "metastable", "diffuse", "cycle", "limit"};
    return (unsigned)ending < UHN_ENDING_COUNT ? texts[ending] : "unknown";
}

/* ---- choosing */

static const char *value_name(size_t index)
{
    const uhn_lagrangian *row = uhn_lagrangian_at(UHN_LAYER_VALUE, index);
    return row ? row->name : NULL;
}

static const char *memory_name(size_t index)
{
    const uhn_lagrangian *row = uhn_lagrangian_at(UHN_LAYER_MEMORY, index);
    return row ? row->name : NULL;
}

static const char *additive_name(size_t index)
{
    const uhn_additive *row = uhn_additive_at(index);
    return row ? row->name : NULL;
}

static const char *integrator_name(size_t index)
{
    return index < UHN_INTEGRATOR_COUNT ? integrator_names[index] : NULL;
}

static uhn_parameter_list value_list(size_t index)
{
    const uhn_lagrangian *row = uhn_lagrangian_at(UHN_LAYER_VALUE, index);
    return (uhn_parameter_list){row->name, row->parameters, row->parameter_count};
}

static uhn_parameter_list memory_list(size_t index)
{
    const uhn_lagrangian *row = uhn_lagrangian_at(UHN_LAYER_MEMORY, index);
    return (uhn_parameter_list){row->name, row->parameters, row->parameter_count};
}

static uhn_parameter_list additive_list(size_t index)
{
    return (uhn_parameter_list){.owner = additive_name(index)};
}

static uhn_parameter_list integrator_list(size_t index)
{
    return (uhn_parameter_list){.owner = integrator_name(index)};
}

uhn_status uhn_choose_additive(uhn_flow *flow, const char *text)
{
    size_t index;
    double values[UHN_PARAMETERS_MAX];
    const uhn_status status =
        uhn_choose_row("similarity of a flow", additive_name, additive_list, text, &index, values);
    if (status == UHN_OK) {
        flow->similarity = uhn_additive_at(index);
        flow->similarity_context = NULL;
        flow->leak = flow->similarity->leaks;
    }
    return status;
}

uhn_status uhn_choose_lagrangian(uhn_flow *flow, uhn_layer layer, const char *text)
{
    size_t index;
    double values[UHN_PARAMETERS_MAX];
    if ((unsigned)layer >= UHN_LAYER_COUNT)
        return uhn_fail(UHN_ERROR_ARGUMENT, "a Lagrangian for a layer that does not exist");
    const bool is_value = layer == UHN_LAYER_VALUE;
    const uhn_status status =
        uhn_choose_row(is_value ? "Lagrangian of the value layer" : "Lagrangian of the memory layer",
                       is_value ? value_name : memory_name, is_value ? value_list : memory_list, text, &index, values);
    if (status == UHN_OK) {
        flow->lagrangians[layer] = uhn_lagrangian_at(layer, index);
        memcpy(flow->parameters[layer], values, sizeof values);
    }
    return status;
}

uhn_status uhn_choose_integrator(uhn_flow *flow, const char *text)
{
    size_t index;
    double values[UHN_PARAMETERS_MAX];
    const uhn_status status = uhn_choose_row("integrator", integrator_name, integrator_list, text, &index, values);
    if (status == UHN_OK)
        flow->integrator = (uhn_integrator)index;
    return status;
}

void uhn_flow_default(uhn_flow *flow)
{
    *flow = (uhn_flow){.tau_v = 1, .tau_h = 1, .dt = 1, .enforce_limit = true, .steps = 100, .tolerance = 1e-9};
    uhn_choose_additive(flow, "dot");
    uhn_choose_lagrangian(flow, UHN_LAYER_VALUE, "quadratic");
    uhn_choose_lagrangian(flow, UHN_LAYER_MEMORY, "log-sum-exp");
}
