"""The models and fields that the simulator knows."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Field:
    """`kind`: char, text, int, float, money, bool, date, datetime, m2o, o2m, m2m, json.
    `relation` is the other model; `inverse` its field for o2m; a `computed` field is not stored."""

    kind: str
    relation: str = ""
    inverse: str = ""
    label: str = ""
    computed: bool = False


def _fields(text: str) -> dict[str, Field]:
    """`name:kind[:relation[:inverse]]`, separated by spaces; a leading ~ marks a computed one."""
    found = {}
    for item in text.split():
        computed = item.startswith("~")
        parts = item.lstrip("~").split(":")
        name, kind = parts[0], parts[1]
        relation = parts[2] if len(parts) > 2 else ""
        inverse = parts[3] if len(parts) > 3 else ""
        label = name.removesuffix("_id").replace("_", " ").capitalize()
        found[name] = Field(kind, relation, inverse, label, computed)
    return found


_AUDIT = (
    " create_uid:m2o:res.users create_date:datetime write_uid:m2o:res.users write_date:datetime"
    " ~display_name:char"
)

MODELS: dict[str, dict[str, Field]] = {
    name: _fields(text + _AUDIT)
    for name, text in {
        "res.country": "name:char code:char",
        "res.currency": "name:char symbol:char rounding:float decimal_places:int active:bool ~rate:float",
        "res.currency.rate": "currency_id:m2o:res.currency name:date company_id:m2o:res.company"
        " rate:float ~company_rate:float ~inverse_company_rate:float",
        "res.company": "name:char currency_id:m2o:res.currency country_id:m2o:res.country"
        " chart_template:char fiscalyear_lock_date:date tax_lock_date:date sale_lock_date:date"
        " purchase_lock_date:date hard_lock_date:date tax_calculation_rounding_method:char"
        " account_price_include:char set_to_review_documents:bool restrictive_audit_trail:bool fiscalyear_last_day:int"
        " fiscalyear_last_month:char tax_exigibility:bool tax_cash_basis_journal_id:m2o:account.journal currency_exchange_journal_id:m2o:account.journal"
        " account_stock_valuation_id:m2o:account.account"
        " income_currency_exchange_account_id:m2o:account.account"
        " expense_currency_exchange_account_id:m2o:account.account"
        " transfer_account_id:m2o:account.account ~user_fiscalyear_lock_date:date"
        " ~user_tax_lock_date:date ~user_sale_lock_date:date ~user_purchase_lock_date:date"
        " ~user_hard_lock_date:date partner_id:m2o:res.partner",
        "res.users": "name:char login:char password:char active:bool lang:char tz:char"
        " group_ids:m2m:res.groups company_id:m2o:res.company company_ids:m2m:res.company",
        "res.groups": "name:char",
        "res.users.apikeys": "name:char user_id:m2o:res.users scope:char expiration_date:datetime",
        "ir.module.module": "name:char state:char latest_version:char",
        "base.automation": "name:char active:bool",
        "ir.cron": "name:char active:bool",
        "ir.model.data": "module:char name:char model:char res_id:int noupdate:bool",
        "ir.config_parameter": "key:char value:char",
        "res.partner": "name:char email:char ref:char is_company:bool customer_rank:int"
        " supplier_rank:int active:bool country_id:m2o:res.country street:char city:char zip:char"
        " vat:char company_id:m2o:res.company parent_id:m2o:res.partner property_payment_term_id:m2o:account.payment.term"
        " property_supplier_payment_term_id:m2o:account.payment.term property_account_position_id:m2o:account.fiscal.position"
        " ~commercial_partner_id:m2o:res.partner",
        "res.partner.bank": "acc_number:char ~sanitized_acc_number:char acc_holder_name:char"
        " partner_id:m2o:res.partner allow_out_payment:bool",
        "product.product": "name:char default_code:char type:char list_price:float"
        " standard_price:float purchase_method:char active:bool",
        "product.category": "name:char property_stock_valuation_account_id:m2o:account.account",
        "account.account": "code:char name:char account_type:char reconcile:bool active:bool deprecated:bool"
        " currency_id:m2o:res.currency account_stock_variation_id:m2o:account.account"
        " company_ids:m2m:res.company",
        "account.journal": "code:char name:char type:char currency_id:m2o:res.currency"
        " default_account_id:m2o:account.account suspense_account_id:m2o:account.account"
        " company_id:m2o:res.company restrict_mode_hash_table:bool bank_statements_source:char active:bool",
        "account.payment.method.line": "name:char code:char payment_type:char"
        " journal_id:m2o:account.journal payment_account_id:m2o:account.account sequence:int",
        "account.tax.group": "name:char company_id:m2o:res.company",
        "account.tax": "name:char amount:float amount_type:char type_tax_use:char"
        " ~price_include:bool price_include_override:char tax_exigibility:char active:bool"
        " sim_names:json tax_group_id:m2o:account.tax.group company_id:m2o:res.company"
        " invoice_repartition_line_ids:m2m:account.tax.repartition.line include_base_amount:bool"
        " refund_repartition_line_ids:m2m:account.tax.repartition.line"
        " sim_account_id:m2o:account.account sim_counter_account_id:m2o:account.account cash_basis_transition_account_id:m2o:account.account",
        "account.account.tag": "name:char applicability:char",
        "account.tax.repartition.line": "document_type:char repartition_type:char factor_percent:float"
        " account_id:m2o:account.account tag_ids:m2m:account.account.tag tax_id:m2o:account.tax",
        "account.payment.term": "name:char early_discount:bool discount_percentage:float discount_days:int"
        " early_pay_discount_computation:char active:bool company_id:m2o:res.company line_ids:json",
        "account.fiscal.position": "name:char auto_apply:bool active:bool company_id:m2o:res.company",
        "account.fiscal.position.account": "position_id:m2o:account.fiscal.position account_src_id:m2o:account.account"
        " account_dest_id:m2o:account.account",
        "account.lock_exception": "company_id:m2o:res.company user_id:m2o:res.users reason:char"
        " end_datetime:datetime fiscalyear_lock_date:date sale_lock_date:date"
        " purchase_lock_date:date tax_lock_date:date active:bool",
        "account.move": "name:char move_type:char state:char payment_state:char invoice_date:date"
        " invoice_date_due:date date:date ref:char payment_reference:char narration:text"
        " invoice_origin:char amount_untaxed:money amount_tax:money amount_total:money"
        " ~amount_total_signed:money amount_residual:money ~amount_residual_signed:money"
        " currency_id:m2o:res.currency invoice_currency_rate:float journal_id:m2o:account.journal"
        " company_id:m2o:res.company partner_id:m2o:res.partner auto_post:char"
        " invoice_line_ids:o2m:account.move.line:move_id line_ids:o2m:account.move.line:move_id"
        " reversed_entry_id:m2o:account.move ~reversal_move_ids:o2m:account.move:reversed_entry_id"
        " made_sequence_gap:bool statement_line_id:m2o:account.bank.statement.line"
        " origin_payment_id:m2o:account.payment tax_totals:json ~duplicated_ref_ids:json"
        " partner_bank_id:m2o:res.partner.bank tax_cash_basis_rec_id:m2o:account.partial.reconcile"
        " tax_cash_basis_origin_move_id:m2o:account.move ~always_tax_exigible:bool"
        " invoice_payment_term_id:m2o:account.payment.term inalterable_hash:char document_tax_mode:char review_state:char"
        " auto_post_origin_id:m2o:account.move invoice_source_email:char pos_order_ids:json website_id:int expense_ids:json"
        " stock_move_ids:json asset_id:int edi_state:char peppol_move_state:char",
        "account.move.line": "move_id:m2o:account.move ~move_name:char name:char display_type:char"
        " account_id:m2o:account.account ~account_type:char partner_id:m2o:res.partner"
        " quantity:float price_unit:float discount:float debit:money credit:money balance:money"
        " amount_currency:money currency_id:m2o:res.currency amount_residual:money"
        " amount_residual_currency:money reconciled:bool matching_number:char"
        " tax_ids:m2m:account.tax tax_line_id:m2o:account.tax tax_tag_ids:m2m:account.account.tag"
        " tax_repartition_line_id:m2o:account.tax.repartition.line date:date ~parent_state:char"
        " date_maturity:date company_id:m2o:res.company journal_id:m2o:account.journal"
        " statement_line_id:m2o:account.bank.statement.line payment_id:m2o:account.payment"
        " product_id:m2o:product.product analytic_distribution:json ref:char"
        " full_reconcile_id:m2o:account.full.reconcile discount_date:date discount_amount_currency:money"
        " discount_balance:money",
        "account.partial.reconcile": "debit_move_id:m2o:account.move.line"
        " credit_move_id:m2o:account.move.line amount:money debit_amount_currency:money"
        " credit_amount_currency:money full_reconcile_id:m2o:account.full.reconcile"
        " exchange_move_id:m2o:account.move max_date:date",
        "account.full.reconcile": "",
        "account.bank.statement.line": "move_id:m2o:account.move journal_id:m2o:account.journal"
        " date:date payment_ref:char amount:money partner_id:m2o:res.partner"
        " foreign_currency_id:m2o:res.currency amount_currency:money ~is_reconciled:bool"
        " ~amount_residual:money statement_id:int ref:char company_id:m2o:res.company"
        " online_transaction_identifier:char unique_import_id:char"
        " ~line_ids:o2m:account.move.line:statement_line_id",
        "account.payment": "name:char state:char amount:money date:date payment_type:char"
        " partner_type:char partner_id:m2o:res.partner journal_id:m2o:account.journal"
        " move_id:m2o:account.move memo:char ~is_reconciled:bool ~is_matched:bool"
        " outstanding_account_id:m2o:account.account destination_account_id:m2o:account.account"
        " ~reconciled_invoice_ids:json partner_bank_id:m2o:res.partner.bank"
        " currency_id:m2o:res.currency payment_transaction_id:int",
        "account.payment.register": "amount:money currency_id:m2o:res.currency payment_date:date"
        " journal_id:m2o:account.journal payment_type:char partner_type:char group_payment:bool"
        " can_edit_wizard:bool payment_difference:money memo_set:bool"
        " partner_bank_id:m2o:res.partner.bank"
        " payment_method_line_id:m2o:account.payment.method.line active_ids:json",
        "account.move.reversal": "journal_id:m2o:account.journal date:date reason:char active_ids:json",
        "account.analytic.plan": "name:char",
        "account.analytic.account": "name:char active:bool company_id:m2o:res.company plan_id:m2o:account.analytic.plan",
        "account.analytic.line": "amount:money account_id:m2o:account.analytic.account date:date"
        " general_account_id:m2o:account.account move_line_id:m2o:account.move.line",
    }.items()
}

LABELS = {
    ("res.partner", "country_id"): "Country",
    ("account.move", "partner_id"): "Partner",
    ("account.move", "line_ids"): "Journal Items",
    ("account.move", "invoice_line_ids"): "Invoice lines",
    ("account.move.line", "account_id"): "Account",
}

ORDERS = {
    "account.move": "date desc, name desc, invoice_date desc, id desc",
    "account.move.line": "date desc, move_name desc, id",
    "account.account": "code, id",
    "account.bank.statement.line": "id desc",
    "res.partner": "name, id",
    "account.payment": "date desc, name desc",
    "account.tax": "id",
    "res.currency": "name",
    "ir.model.data": "id",
    "account.journal": "id",
}

# What a group brings along (addons/account/security/account_security.xml of 18 and 19).
IMPLIED: dict[str, tuple[str, ...]] = {
    "account.group_account_invoice": ("base.group_user",),
    "account.group_account_basic": ("account.group_account_invoice",),
    "account.group_account_user": ("account.group_account_basic",),
    "account.group_account_manager": ("account.group_account_invoice",),
    "base.group_system": ("base.group_erp_manager",),
}

# A model description, the group that lets one create, write or read it: what refusals name.
ACCESS: dict[tuple[str, str], tuple[str, str, tuple[str, ...]]] = {
    ("account.analytic.plan", "create"): (
        "Analytic Plans",
        "analytic.group_analytic_accounting",
        ("Analytic Accounting", "Show Full Accounting Features"),
    ),
    ("res.partner", "create"): (
        "Contact",
        "base.group_partner_manager",
        ("Contact/Creation", "Purchase/Administrator", "Sales/Administrator"),
    ),
    ("product.product", "create"): (
        "Product Variant",
        "product.group_product_manager",
        ("Products/Create",),
    ),
    ("account.bank.statement.line", "create"): (
        "Bank Statement Line",
        "account.group_account_basic",
        ("Accounting/Basic", "Show Full Accounting Features"),
    ),
    **{
        (model, operation): (label, "account.group_account_invoice", ("Accounting/Invoicing",))
        for model, label in (
            ("account.move", "Journal Entry"),
            ("account.move.line", "Journal Item"),
            ("account.payment", "Payments"),
        )
        for operation in ("create", "write")
    },
    ("res.users.apikeys", "create"): ("API Keys", "nobody", ()),
    ("account.account", "create"): (
        "Account",
        "account.group_account_manager",
        ("Accounting/Administrator",),
    ),
    ("account.journal", "create"): (
        "Journal",
        "account.group_account_manager",
        ("Accounting/Administrator",),
    ),
    ("account.tax", "create"): ("Tax", "account.group_account_manager", ("Accounting/Administrator",)),
    ("res.company", "write"): ("Companies", "base.group_erp_manager", ("Access Rights",)),
    ("res.company", "create"): ("Companies", "base.group_erp_manager", ("Access Rights",)),
    ("res.users", "create"): ("User", "base.group_erp_manager", ("Access Rights",)),
    ("ir.model.data", "read"): ("Model Data", "base.group_erp_manager", ("Access Rights",)),
    ("base.automation", "read"): ("Automation Rule", "base.group_system", ("Role / Administrator",)),
    ("ir.cron", "read"): ("Scheduled Actions", "base.group_system", ("Role / Administrator",)),
    ("ir.config_parameter", "read"): ("System Parameter", "base.group_system", ("Role / Administrator",)),
}
